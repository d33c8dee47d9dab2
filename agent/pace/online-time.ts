import type { Clock } from "../clock.ts";
import { hour } from "../duration.ts";
import type { PaceMemory } from "./pace-memory.ts";
import { triggerInterval } from "./trigger-interval.ts";

type Online = Pick<PaceMemory, "seenAt" | "dayAt" | "dayOnline" | "usualDay">;

/** The longest gap between two signs of life in which the device counts as on: twice the triggers' interval. */
export const maxGap = 2 * triggerInterval;

/**
 * A day ends with the first sign of life this long after its first one; shorter than 24 h, because people's times vary.
 */
const dayLength = 20 * hour;
const workday = 8 * hour;
/** Devices that are on for less than this a day are treated as if they were on for this long. */
const minDay = workday / 32;

/**
 * The speed of window time while the device is on: 1 for a device that is on for a working day or longer, faster for
 * one that is on for less, so that both pass the same windows in the same number of days.
 */
export function paceOf({ usualDay }: Pick<Online, "usualDay">): number {
  return usualDay === null ? 1 : workday / Math.min(workday, Math.max(minDay, usualDay));
}

/**
 * Counts a sign of life.
 * @param elapsed ms that the device was on since the last one
 * @returns what is known now, and by how much window time advances, ms: at the end of a day, to a full working day
 */
export function seen(
  before: Online,
  now: number,
  elapsed: number,
): { readonly online: Online; readonly windowTime: number } {
  const sinceDay = now - before.dayAt;
  const dayOnline = before.dayOnline + elapsed;
  const pace = paceOf(before);
  if (sinceDay < dayLength) {
    // A clock that was set back says nothing about the day.
    const dayAt = sinceDay < 0 ? now : before.dayAt;
    return { online: { seenAt: now, dayAt, dayOnline, usualDay: before.usualDay }, windowTime: elapsed * pace };
  }
  const day = Math.min(dayOnline, dayLength);
  const usualDay = before.usualDay === null ? day : (before.usualDay + day) / 2;
  const rest = Math.max(0, workday - dayOnline * pace);
  return { online: { seenAt: now, dayAt: now, dayOnline: 0, usualDay }, windowTime: elapsed * pace + rest };
}

/**
 * How much of the time between two looks at the clocks, at most {@link maxGap}, the device was awake, ms. Depending on
 * the system, either clock may run during sleep, so the slower one is used, but not a wall clock that was set back.
 * @param wall ms that passed on the wall clock @param monotonic ms that passed on the monotonic clock
 */
export function awakeTime(wall: number, monotonic: number): number {
  return Math.max(0, Math.min(monotonic, wall < 0 ? monotonic : wall, maxGap));
}

/** @returns for how long the device has been awake from now on, ms; each call is a sign of life */
export function awakeFromNow(clock: Clock): () => number {
  const look = () => ({ now: clock.now(), monotonic: clock.monotonic() });
  let awake = 0;
  let last = look();
  return () => {
    const seen = look();
    awake += awakeTime(seen.now - last.now, seen.monotonic - last.monotonic);
    last = seen;
    return awake;
  };
}
