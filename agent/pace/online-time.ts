import type { PaceMemory } from "./memory.ts";

type Online = Pick<PaceMemory, "seenAt" | "dayAt" | "dayOnline" | "usualDay">;

/** The longest gap between two signs of life in which the device counts as on: twice the interval of the catch-up trigger. */
export const longestGap = 30 * 60_000;

const hour = 3_600_000;
/** A day ends with the first sign of life this long after its first one; shorter than 24 h, as people do not come to the minute. */
const dayLength = 20 * hour;
const workday = 8 * hour;
const fastest = 24;

/**
 * How fast tile time passes while the device is on: 1 for a device that is on for a working day or longer, faster for
 * one that is on for a part of it, so that both pass through the same tiles in the same number of days.
 */
export function paceOf({ usualDay }: Pick<Online, "usualDay">): number {
  return usualDay === null ? 1 : Math.min(fastest, Math.max(1, workday / Math.max(usualDay, 1)));
}

/** Counts a sign of life. @param elapsed ms that the device was on since the last one */
export function seen(before: Online, now: number, elapsed: number): Online {
  const sinceDay = now - before.dayAt;
  if (sinceDay >= 0 && sinceDay < dayLength) {
    return { ...before, seenAt: now, dayOnline: before.dayOnline + elapsed };
  }
  // A clock that was set back tells nothing about the day.
  if (sinceDay < 0) return { ...before, seenAt: now, dayAt: now };
  const usualDay = before.usualDay === null ? before.dayOnline : (before.usualDay + before.dayOnline) / 2;
  return { seenAt: now, dayAt: now, dayOnline: elapsed, usualDay };
}
