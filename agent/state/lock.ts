import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { AgentError, systemErrorCode } from "../errors.ts";
import { whyNot } from "../files/open-file.ts";
import { lockFileName, makeFolder, waiterLockFileName } from "../files/own-files.ts";
import type { Platform } from "../platform/port.ts";

/** Milliseconds between two looks at a lock that another run holds: as long as a quick link takes. */
const lookAgainAfter = 50;

/**
 * Waits for the lock that keeps two runs from making two links. The system frees it when its holder ends, in any way.
 * @throws AgentError `state-busy` when the signal aborts first, `state-unusable` where the folder can't be one
 */
export async function acquireLock(
  stateDir: string,
  tryLock: Platform["tryLock"],
  clock: Clock,
  signal: AbortSignal,
): Promise<Disposable> {
  try {
    makeFolder(stateDir);
  } catch (cause) {
    throw cantBeUsed(stateDir, cause) ?? cause;
  }
  const path = join(stateDir, lockFileName);
  for (;;) {
    const lock = tryLock(path);
    if (lock.kind === "found") return lock.value;
    if (lock.kind === "failed") throw cantBeUsed(stateDir, lock.error.cause) ?? lock.error;
    if (signal.aborted)
      throw new AgentError("state-busy", `Another run holds the lock ${path} and did not end in time.`);
    await clock.sleep(lookAgainAfter, signal);
  }
}

/** Takes the right to wait, without waiting for it; undefined if another run has it. */
export function claimWait(stateDir: string, tryLock: Platform["tryLock"]): Disposable | undefined {
  const lock = tryLock(join(stateDir, waiterLockFileName));
  if (lock.kind === "absent") return undefined;
  // A lock that fails does not keep a run from waiting.
  return lock.kind === "found" ? lock.value : { [Symbol.dispose]: () => {} };
}

/** @returns undefined if the cause is not a system error */
function cantBeUsed(stateDir: string, cause: unknown): AgentError | undefined {
  if (systemErrorCode(cause) === undefined) return undefined;
  const message = `The state folder ${stateDir} can't be used: ${whyNot(cause)}. Name another one in the setting stateDir.`;
  return new AgentError("state-unusable", message, { cause });
}
