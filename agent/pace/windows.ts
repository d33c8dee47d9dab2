import type { RateLimit } from "../settings/kinds.ts";

interface Spread {
  readonly rateLimit: RateLimit;
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
}

/** One window: its width, and the offset of a device's own place in it, ms. */
export interface Window {
  readonly width: number;
  readonly place: number;
}

/**
 * The factor by which a known fleet's span exceeds the minimum: the margin lets nearly all get through at the first
 * attempt.
 */
export const margin = 1.75;

/**
 * Windows of a fleet whose size is not known: window k begins after `first · k ** power` periods of the limit, so that
 * the sum soon covers any fleet without wide steps. As soon as a window is `growth` times as wide as the one before,
 * they grow by that factor. The mean wait of a lone device is `first / (power + 1)` periods.
 */
const course = { first: 29.2, power: 1.97, growth: 1.33 } as const;

/** Periods before moment `s`: window k lies between k and k + 1. */
function periodsBefore(s: number): number {
  const { first, power, growth } = course;
  const bend = power / Math.log(growth);
  return s <= bend ? first * s ** power : first * bend ** power * growth ** (s - bend);
}

/** The longest window, 10 years in ms. */
export const maxWidth = 3650 * 86_400_000;

function unknownWindow(k: number, slot: number, { period }: RateLimit): Window {
  const begin = periodsBefore(k);
  const at = (s: number): number => Math.min(maxWidth, Math.round((periodsBefore(s) - begin) * period) || 0);
  return { width: at(k + 1), place: at(k + slot) };
}

/** Width of the first window, ms; at least 1. */
export const firstWidth = (spread: Spread): number => windowAt(0, 0, spread).width;

/** Whether the first window is known to be as wide as the fleet needs; a short splay says nothing about that. */
export function isSized({ splay, fleetSize, rateLimit }: Spread): boolean {
  return splay === undefined ? fleetSize !== undefined : splay >= 10 * rateLimit.period;
}

/**
 * A device's window number `k`, from 0. For a known fleet size: the span that the fleet needs, then short windows for
 * the few devices that chance left over. They grow fast: if devices are refused again, the given number was too small.
 * @param slot of the device, in [0, 1)
 */
export function windowAt(k: number, slot: number, spread: Spread): Window {
  const { rateLimit, fleetSize, splay } = spread;
  const even = (wide: number): Window => {
    const width = Math.round(wide);
    return { width, place: Math.round(slot * width) };
  };
  if (splay === undefined && fleetSize === undefined) return unknownWindow(k, slot, rateLimit);
  const span = splay ?? (margin * (fleetSize as number) * rateLimit.period) / rateLimit.calls;
  if (k === 0) return span < 1 ? { width: 1, place: 0 } : even(span);
  if (!isSized(spread)) return unknownWindow(k - 1, slot, rateLimit);
  return even(Math.min(maxWidth, Math.max(2 * rateLimit.period, span / 10) * k ** 2.25));
}

/** The least rest of the first window in which another attempt makes sense in a fleet of known size, ms. */
export const minRest = (spread: Spread): number => Math.max(2 * spread.rateLimit.period, firstWidth(spread) / 3);
