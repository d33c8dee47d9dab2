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
