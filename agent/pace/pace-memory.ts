import { latestMoment } from "../duration.ts";
import { type Is, isBoolean, orNull, shape, upTo } from "../shape.ts";
import { maxWidth } from "./windows.ts";

/**
 * The schedule between runs. Lengths are of window time, not moments, so that a clock that jumps cannot move them; only
 * `hold` and the `…At` fields are wall-clock milliseconds since the epoch.
 */
export interface PaceMemory {
  /** Version 1 had other windows; its schedules start over. */
  readonly version: 2;
  /** Width of the first window under the settings that were in force, ms: others start a new schedule. */
  readonly basis: number;
  /** Number of the current window, from 0. */
  readonly window: number;
  /** Elapsed time of the current window, ms; below 0 until the window before it is over. */
  readonly passed: number;
  /** When in the current window the attempt is scheduled, ms from its start. */
  readonly offset: number;
  /** No attempt before this moment: the last answer's headers or a back-off said so. 0: none. */
  readonly hold: number;
  /** Whether an answer's headers gave `hold`, not a back-off. */
  readonly asked: boolean;
  /** Whether `hold` is the very moment of the attempt: the device's own place in a queue, or a quick attempt. */
  readonly exact: boolean;
  /** Quick attempts since the last window, see `after` in `pacer.ts`. */
  readonly quick: number;
  /** Failures other than 429 in a row. */
  readonly failures: number;
  /** When the device was last known to be on. */
  readonly seenAt: number;
  /** When the day that is being counted began, and how long the device has been on in it, ms. */
  readonly dayAt: number;
  readonly dayOnline: number;
  /** How long the device is usually on in a day, ms; null on its first day. */
  readonly usualDay: number | null;
}

const isCount: Is = (value) => Number.isInteger(value) && upTo(1000)(value);
const isMoment = upTo(latestMoment);

const fields: Readonly<Record<keyof PaceMemory, Is>> = {
  version: (value) => value === 2,
  basis: (value) => value !== 0 && upTo(maxWidth)(value),
  window: isCount,
  passed: (value) => typeof value === "number" && Math.abs(value) <= maxWidth * 2,
  offset: upTo(maxWidth * 2),
  hold: isMoment,
  asked: isBoolean,
  exact: isBoolean,
  quick: isCount,
  failures: isCount,
  seenAt: isMoment,
  dayAt: isMoment,
  dayOnline: upTo(maxWidth),
  usualDay: orNull(upTo(maxWidth)),
};

/** Reads what was kept as JSON; undefined if it is damaged, foreign or of another version. */
export const readPaceMemory = (json: unknown): PaceMemory | undefined =>
  shape(fields)(json) ? (json as PaceMemory) : undefined;
