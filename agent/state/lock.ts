import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { HeldLock, Platform } from "../platform/port.ts";

/** Milliseconds between two looks at a lock that another run holds: as long as a quick link takes. */
const lookAgainAfter = 50;

/**
 * Waits for the lock that keeps two runs from making two links. The system frees it when its holder ends, however.
 * @throws AgentError `state-busy` when the signal aborts first; the system's own error where no lock can be made
 */
export async function acquireLock(
  stateDir: string,
  tryLock: Platform["tryLock"],
  clock: Clock,
  signal: AbortSignal,
): Promise<HeldLock> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "lock");
  for (;;) {
    const lock = tryLock(path);
    if (lock.kind === "found") return lock.value;
    if (lock.kind === "failed") throw lock.error;
    if (signal.aborted) throw new AgentError("state-busy", `Another run holds ${path} and did not end in time.`);
    await clock.sleep(lookAgainAfter, signal);
  }
}
