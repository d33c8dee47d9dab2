import { day } from "../duration.ts";
import type { LinkTarget } from "./ports.ts";

/**
 * Unknown identifiers of an unfinished attempt: another run may continue it, and each repeated call would count against
 * the shared limit.
 */
export interface UnknownDevices extends LinkTarget {
  readonly devices: readonly string[];
  /** Wall-clock milliseconds since the epoch of the first one. */
  readonly since: number;
}

/** Milliseconds after which they are tried again: the API may know one by then. */
const validity = day;

/** Refusals of another account, or old ones, are left out. */
export function stillUnknown(kept: UnknownDevices | undefined, target: LinkTarget, now: number): readonly string[] {
  if (kept === undefined || kept.tenant !== target.tenant || kept.account !== target.account) return [];
  const age = now - kept.since;
  return age >= 0 && age < validity ? kept.devices : [];
}

/** The memory if the API knew none of these. */
export function addUnknown(
  kept: UnknownDevices | undefined,
  devices: readonly string[],
  target: LinkTarget,
  now: number,
): UnknownDevices {
  const { tenant, account } = target;
  const before = stillUnknown(kept, target, now);
  const since = before.length > 0 && kept !== undefined ? kept.since : now;
  return { tenant, account, devices: [...new Set([...before, ...devices])], since };
}
