import type { RateLimit } from "../settings/kinds.ts";

export type Limit = Readonly<Record<keyof RateLimit, number>>;

/** A rate limit in virtual time, ms. Calls must come in order of time. How the vendor counts calls is not documented. */
export interface Limiter {
  accept(now: number): boolean;
  /** After a refused call at `now`: the moment from which a lone caller would be accepted again. */
  resetAt(now: number): number;
}

/** Counts in each period of the clock. Each starts at zero, so counting refused calls too would change nothing. */
export function fixedWindow({ calls, period }: Limit): Limiter {
  let window = -1;
  let count = 0;
  return {
    accept: (now) => {
      const current = Math.floor(now / period);
      if (current !== window) [window, count] = [current, 0];
      return count++ < calls;
    },
    resetAt: (now) => (Math.floor(now / period) + 1) * period,
  };
}

/**
 * Counts in the period that ends now.
 * @param countRefused also refused calls: then a client that keeps calling faster than the limit is never accepted
 */
export function slidingLog({ calls, period }: Limit, countRefused: boolean): Limiter {
  const log = new Float64Array(calls).fill(-Infinity);
  let oldest = 0;
  return {
    accept: (now) => {
      const accepted = (log[oldest] as number) <= now - period;
      if (accepted || countRefused) {
        log[oldest] = now;
        oldest = (oldest + 1) % calls;
      }
      return accepted;
    },
    resetAt: (now) => Math.max(now, (log[oldest] as number) + period),
  };
}
