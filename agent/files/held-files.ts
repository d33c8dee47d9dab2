import { systemErrorCode } from "../errors.ts";

/** Milliseconds between attempts; in sum less than the two seconds within which a signal ends a run. */
const waits = [10, 20, 40, 80, 160, 320, 640];

/**
 * Repeats a rename, a removal or an opening while another program holds the file: on Windows a virus scanner, a backup
 * or a log shipper briefly opens a file that was just written, and no one can replace it until then.
 * @param isHeld whether an error may pass by itself; on other systems none does
 * @param wait blocks for so many milliseconds
 * @throws the last attempt's error
 */
export function retryWhileHeld<T>(act: () => T, isHeld = isHeldError, wait = block): T {
  for (const ms of waits) {
    try {
      return act();
    } catch (error) {
      if (!isHeld(error)) throw error;
    }
    wait(ms);
  }
  return act();
}

const heldCodes: readonly (string | undefined)[] = ["EBUSY", "EPERM", "EACCES"];

/** Windows alone has no user IDs. */
const isHeldError = (error: unknown): boolean =>
  process.geteuid === undefined && heldCodes.includes(systemErrorCode(error));

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
