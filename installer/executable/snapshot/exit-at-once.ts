import { libc } from "../../../agent/platform/linux/libc.ts";
import { onTerminal, resultColumns } from "../../../agent/render/standard-streams.ts";

/**
 * What it does: the process ends by _exit(2), which waits for no thread and frees nothing; not on a terminal, whose
 * state Node sets back at its end. Relies on: `process.exit` calls `process.reallyExit`, after the listeners of `exit`.
 * Check: the training (`train.ts`), whose runs end by it.
 */
export function exitAtOnce(): void {
  if (onTerminal() || resultColumns() !== undefined) return;
  const { _exit } = libc();
  process.reallyExit = (status) => _exit(status) as never;
}
