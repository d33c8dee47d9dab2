import { fstatSync, type Stats, statSync, writeSync } from "node:fs";
import { devNull } from "node:os";
import { systemErrorCode } from "../errors.ts";
import { whyNot } from "../files/open-file.ts";

/**
 * Writes all of a text to standard output (1) or standard error (2). Node's own streams are not used: opening them
 * costs start-up time, and they throw where the descriptor is a pipe that they can't identify (seen on Wine 10).
 * @returns why it can't be written; undefined if it was, or if nobody reads it: the reader is gone (EPIPE) or the
 * descriptor is closed (EBADF).
 */
export function writeStandard(descriptor: 1 | 2, text: string): string | undefined {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== "EAGAIN") return code === "EPIPE" || code === "EBADF" ? undefined : whyNot(error);
      // A pipe in non-blocking mode whose reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return undefined;
}

/**
 * Keeps Node's own use of `process.stdout` and `process.stderr` from ending a run. Opening them throws for a pipe that
 * Node can't identify (Wine 10), and an action of Windows Installer has none; net.Socket opens standard error when a
 * connection is refused (Node 26.10).
 */
export function guardStandardStreams(): void {
  for (const [descriptor, name] of [
    [1, "stdout"],
    [2, "stderr"],
  ] as const) {
    const open = Object.getOwnPropertyDescriptor(process, name)?.get;
    let stream: NodeJS.WritableStream | undefined;
    const get = (): NodeJS.WritableStream => {
      stream ??= openOrStandIn(descriptor, () => open?.call(process));
      return stream;
    };
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get });
  }
}

function openOrStandIn(descriptor: 1 | 2, open: () => NodeJS.WritableStream): NodeJS.WritableStream {
  try {
    return open().on("error", () => {});
  } catch {
    const { Writable } = process.getBuiltinModule("node:stream");
    return new Writable({
      write(chunk, _encoding, done) {
        writeStandard(descriptor, String(chunk));
        done();
      },
    });
  }
}

export const onTerminal = (): boolean => isTerminal(2);

/** Whether that terminal shows standard output, too; consoles of Windows have no numbers, but there is only one. */
export const resultBeside = (): boolean => isTerminal(1) && isTerminal(2) && fstatSync(1).rdev === fstatSync(2).rdev;

/** Columns of the terminal at standard output; undefined if there is none. */
export const resultColumns = (): number | undefined => (isTerminal(1) ? process.stdout.columns || 80 : undefined);

/** Columns of the terminal at standard error; 80 where it reports none. */
export const terminalWidth = (): number => process.stderr.columns || 80;

/**
 * Whether standard output shows colours: not with NO_COLOR (https://no-color.org), nor in a Windows console that has
 * escape sequences turned off, as all but Windows Terminal may.
 */
export function showsColour({ NO_COLOR, TERM, WT_SESSION }: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal(1) && !NO_COLOR && TERM !== "dumb" && (Boolean(TERM) || Boolean(WT_SESSION));
}

/**
 * Asks for the file's kind first: `node:tty` takes longer to load than all else that a run without a terminal needs.
 */
function isTerminal(descriptor: 1 | 2): boolean {
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isCharacterDevice() || isNullDevice(stats)) return false;
    return process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false;
  }
}

/** False if the system has no numbers for its devices. */
const isNullDevice = ({ rdev }: Stats): boolean => rdev !== 0 && rdev === statSync(devNull).rdev;
