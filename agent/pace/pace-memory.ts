import { latestMoment } from "../duration.ts";
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

type Field = Exclude<keyof PaceMemory, "version" | "usualDay" | "asked" | "exact">;

const maxima: Readonly<Record<Field, number>> = {
  basis: maxWidth,
  window: 1000,
  passed: maxWidth * 2,
  offset: maxWidth * 2,
  hold: latestMoment,
  failures: 1000,
  quick: 1000,
  seenAt: latestMoment,
  dayAt: latestMoment,
  dayOnline: maxWidth,
};

/** Reads what was kept as JSON; undefined if it is damaged, foreign or of another version. */
export function readPaceMemory(json: unknown): PaceMemory | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const fields = json as Readonly<Record<string, unknown>>;
  if (fields["version"] !== 2) return undefined;
  const { usualDay, asked, exact } = fields;
  if (typeof asked !== "boolean" || typeof exact !== "boolean") return undefined;
  if (usualDay !== null && !isLength(usualDay, maxWidth)) return undefined;
  const numbers: Partial<Record<Field, number>> = {};
  for (const [name, max] of Object.entries(maxima)) {
    const value = fields[name];
    if (!isLength(name === "passed" && typeof value === "number" ? Math.abs(value) : value, max)) return undefined;
    numbers[name as Field] = value as number;
  }
  const memory = { version: 2, usualDay, asked, exact, ...(numbers as Record<Field, number>) } as const;
  const whole = Number.isInteger(memory.window) && Number.isInteger(memory.failures);
  return whole && memory.basis > 0 ? memory : undefined;
}

function isLength(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}
