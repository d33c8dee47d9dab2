declare const durationBrand: unique symbol;

/** A length of time in whole milliseconds, 0 to 365 days. */
export type Duration = number & { readonly [durationBrand]: true };

/** Milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

const unitMs = { ms: 1, s: 1_000, m: minute, h: hour, d: day } as const;
const maxDuration = 365 * day;

/** Takes a whole number and a unit, such as `250ms`, `30s`, `15m`, `8h`, `30d`; undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  return ms <= maxDuration ? (ms as Duration) : undefined;
}

/** A duration known at the time of writing. */
export function duration(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new TypeError(`not a duration: ${text}`);
  return parsed;
}

/** The shortest exact form, which {@link parseDuration} reads back: 90000 ms are `90s`, 3600000 ms `1h`. */
export function formatDuration(value: Duration): string {
  if (value === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (value % unitMs[unit] === 0) return `${value / unitMs[unit]}${unit}`;
  }
  return `${value}ms`;
}

/** For people, rounded to two units: `3 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function describeDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** The rest of a wait, for people: to the second below an hour (`3 min 20 s`), then as {@link describeDuration}. */
export function describeCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60 || seconds >= 3600) return describeDuration(seconds * 1000);
  return twoUnits(Math.floor(seconds / 60), "min", seconds % 60, "s");
}

function twoUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

/** The last moment that a Date can hold (ECMA-262), milliseconds since the epoch. */
export const latestMoment = 8.64e15;

/**
 * Wall-clock milliseconds in a person's own time zone: `2026-11-25 18:04 +01:00`.
 * @param offset minutes ahead of UTC
 */
export function describeLocalMoment(ms: number, offset = -new Date(ms).getTimezoneOffset()): string {
  const local = describeMoment(ms + offset * minute);
  const size = Math.abs(offset);
  const zone = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return local.replace("UTC", `${offset < 0 ? "-" : "+"}${zone}`);
}

/** Wall-clock milliseconds for people: `2026-11-25 17:04 UTC`; `?` where no calendar has them. */
export function describeMoment(ms: number): string {
  return Math.abs(ms) <= latestMoment ? `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC` : "?";
}
