import type { RateLimit } from "../settings/kinds.ts";

interface Spread {
  readonly rateLimit: RateLimit;
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
}

/**
 * How much wider than the bare minimum the span for a known fleet is: room for chance, so that nearly all get through
 * at once.
 */
export const margin = 1.75;

/** Width of the first tile where nothing is configured: 10 periods, 10 minutes under the API's own limit. */
function unknownBasis({ period }: RateLimit): number {
  return 10 * period;
}

/** Width of the first tile, ms; 0 only for a splay of 0. */
export function firstWidth(spread: Spread): number {
  const { rateLimit, fleetSize, splay } = spread;
  if (splay !== undefined) return splay;
  if (fleetSize === undefined) return unknownBasis(rateLimit);
  return (margin * fleetSize * rateLimit.period) / rateLimit.calls;
}

/** Whether the first tile is as wide as the fleet needs, as far as is known; a short splay says nothing about that. */
export function isSized(spread: Spread): boolean {
  return spread.splay === undefined ? spread.fleetSize !== undefined : spread.splay >= unknownBasis(spread.rateLimit);
}

/**
 * Width of tile number `tile` (from 1), ms. Of unknown fleet size: growing with the square of the number, so that the
 * sum soon covers any fleet without wide steps. Of known size: short, for the few whom chance left over; then growing
 * faster than the square, since whoever is refused again has been told too small a number.
 */
export function laterWidth(tile: number, spread: Spread): number {
  if (!isSized(spread)) {
    const number = spread.splay === undefined ? tile + 1 : tile;
    return unknownBasis(spread.rateLimit) * number ** 2;
  }
  return Math.max(2 * spread.rateLimit.period, firstWidth(spread) / 10) * tile ** 2.25;
}

/** The least rest of the first tile in which another try makes sense in a fleet of known size, ms. */
export function leastRest(spread: Spread): number {
  return Math.max(2 * spread.rateLimit.period, firstWidth(spread) / 3);
}
