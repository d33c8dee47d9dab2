import { hour } from "../duration.ts";

/**
 * Most links of one device's unattended runs within {@link span}: users who log on in turn must not use up the
 * account's limit. Enough for a shared desk, too few to matter for the account's limit.
 */
export const maxLinks = 6;
const span = hour;

/** When this device may ask again; undefined: at once. @param asked wall-clock milliseconds of earlier runs' links */
export function spentUntil(asked: readonly number[], now: number): number | undefined {
  const recent = recentOf(asked, now);
  const oldest = recent.at(-maxLinks);
  return oldest === undefined ? undefined : oldest + span;
}

/** The memory after one more. */
export function withLink(asked: readonly number[], now: number): readonly number[] {
  return [...recentOf(asked, now), now].slice(-maxLinks);
}

/** If the clock was set back, future moments are ignored. */
function recentOf(asked: readonly number[], now: number): readonly number[] {
  return asked.filter((at) => at > now - span && at <= now);
}
