import { day, latestMoment } from "../duration.ts";

/**
 * The schedule as it is kept between runs. Positions are lengths of tile time, not moments, so that a clock that jumps
 * cannot move them; only `hold` and the `…At` fields are wall-clock milliseconds since the epoch.
 */
export interface PaceMemory {
  readonly version: 1;
  /** Width of the first tile under the settings that were in force, ms: others start a new schedule. */
  readonly basis: number;
  /** Number of the current tile, from 0. */
  readonly tile: number;
  /** Width of the current tile, ms. */
  readonly width: number;
  /**
   * How much of the current tile has passed, ms; may exceed its width, and is below 0 until the tile before it is over.
   */
  readonly position: number;
  /** Where in the current tile the try is, ms from its start. */
  readonly point: number;
  /** No try before this moment: the last answer's headers or a back-off said so. 0: none. */
  readonly hold: number;
  /** Whether an answer's headers gave `hold`, not a back-off. */
  readonly asked: boolean;
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

type Field = Exclude<keyof PaceMemory, "version" | "usualDay" | "asked">;

const maxLength = 3650 * day;

const largest: Readonly<Record<Field, number>> = {
  basis: maxLength,
  tile: 1000,
  width: maxLength,
  position: maxLength * 2,
  point: maxLength,
  hold: latestMoment,
  failures: 1000,
  seenAt: latestMoment,
  dayAt: latestMoment,
  dayOnline: maxLength,
};

/** Reads what was kept as JSON; undefined where it is damaged, foreign or of another version. */
export function readPaceMemory(json: unknown): PaceMemory | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const fields = json as Readonly<Record<string, unknown>>;
  if (fields["version"] !== 1) return undefined;
  const { usualDay, asked } = fields;
  if (typeof asked !== "boolean") return undefined;
  if (usualDay !== null && !isLength(usualDay, maxLength)) return undefined;
  const numbers: Partial<Record<Field, number>> = {};
  for (const [name, most] of Object.entries(largest)) {
    const value = fields[name];
    if (!isLength(name === "position" && typeof value === "number" ? Math.abs(value) : value, most)) return undefined;
    numbers[name as Field] = value as number;
  }
  const memory = { version: 1, usualDay, asked, ...(numbers as Record<Field, number>) } as const;
  const whole = Number.isInteger(memory.tile) && Number.isInteger(memory.failures);
  return whole && memory.basis > 0 && memory.width > 0 && memory.point <= memory.width ? memory : undefined;
}

function isLength(value: unknown, most: number): value is number {
  return typeof value === "number" && value >= 0 && value <= most;
}
