import { networkFailure, type Party } from "./network-failure.ts";
import { untilAborted } from "./time-limit.ts";

/** An address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Looks a name up as the system does, including its hosts file. Fails with what Node says of it. */
export type LookUp = (host: string) => Promise<readonly HostAddress[]>;

/**
 * Look-ups of this process that have no answer yet, one for each name: a running one is not started again, so that a
 * hanging name takes only one of Node's threads.
 */
const running = new Map<string, Promise<readonly HostAddress[]>>();

/**
 * The system's resolver (getaddrinfo). It can't be stopped and waits for its name servers as configured, half a minute
 * and more; Node's exit waits for it. So the process is then ended without Node.
 * @param endProcess ends the process at once with an exit code, without waiting for its threads; without it a look-up
 * that hangs delays the end
 */
export function createLookUp(endProcess?: (code: number) => void): LookUp {
  const leaveAtExit = (code: number): void => {
    if (running.size > 0) endProcess?.(code);
  };

  return async (host) => {
    const { isIP } = process.getBuiltinModule("node:net");
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const known = running.get(host);
    if (known !== undefined) return await known;
    process.on("exit", leaveAtExit);
    // Not imported: a bundle would load it at every start.
    const found = process.getBuiltinModule("node:dns/promises").lookup(host, { all: true });
    running.set(host, found);
    try {
      return await found;
    } finally {
      running.delete(host);
      process.off("exit", leaveAtExit);
    }
  };
}

/** @throws AgentError `name-not-resolved`, or the signal's reason */
export async function addressesOf(
  host: string,
  lookUp: LookUp,
  party: Party,
  signal: AbortSignal,
): Promise<readonly HostAddress[]> {
  try {
    const found = await untilAborted(lookUp(host), signal);
    if (found.length === 0) throw new Error("no address");
    return found;
  } catch (cause) {
    throw networkFailure(cause, { ...party, stage: "name" });
  }
}
