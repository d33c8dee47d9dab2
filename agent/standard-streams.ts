import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { systemErrorCode } from "./errors.ts";

/**
 * Writes all of a text to standard output (1) or standard error (2). Node's own streams are not used: opening them
 * costs start-up time, and they throw where the descriptor is a pipe that they can't identify (seen on Wine 10).
 * A reader that has gone away (EPIPE) or a descriptor that is closed (EBADF) is no failure of the run.
 */
export function writeStandard(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      if (systemErrorCode(error) !== "EAGAIN") return;
      // A pipe in non-blocking mode whose reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Whether a person watches standard error. */
export function onTerminal(): boolean {
  return isatty(2);
}

/**
 * Whether escape sequences on standard output show as colours: not where NO_COLOR is set (https://no-color.org), nor in a
 * console of Windows that has them turned off, as all but Windows Terminal may.
 */
export function showsColour({ NO_COLOR, TERM, WT_SESSION }: Readonly<Record<string, string | undefined>>): boolean {
  return isatty(1) && !NO_COLOR && TERM !== "dumb" && (Boolean(TERM) || Boolean(WT_SESSION));
}
