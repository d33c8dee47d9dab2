/**
 * How a server may count calls; which one the vendor runs is not documented.
 * - `fixed-window`: the accepted calls in each period of the clock.
 * - `fixed-window-counting-refused`: all calls in each period of the clock.
 * - `sliding-log`: the accepted calls in the period that ends now.
 * - `sliding-log-counting-refused`: all calls in the period that ends now. A client that keeps calling faster than the
 *   limit is never accepted.
 * - `token-bucket`: a store of calls, full at the start, refilled evenly at the limit's pace.
 */
export const limiterModels = [
  "fixed-window",
  "fixed-window-counting-refused",
  "sliding-log",
  "sliding-log-counting-refused",
  "token-bucket",
] as const;

export type LimiterModel = (typeof limiterModels)[number];

/** The calls in each period, ms. */
interface Limit {
  readonly calls: number;
  readonly period: number;
}

/** A rate limit in virtual time, ms. Calls must come in order of time. */
export interface Limiter {
  /** Whether the call at `now` is accepted. */
  accept(now: number): boolean;
  /** Calls that would be accepted right after the last one, at `now`. */
  remaining(now: number): number;
  /** After a refused call at `now`: the moment from which a lone caller would be accepted again. */
  resetAt(now: number): number;
}

export function makeLimiter(model: LimiterModel, limit: Limit): Limiter {
  switch (model) {
    case "fixed-window":
      return fixedWindow(limit, false);
    case "fixed-window-counting-refused":
      return fixedWindow(limit, true);
    case "sliding-log":
      return slidingLog(limit, false);
    case "sliding-log-counting-refused":
      return slidingLog(limit, true);
    case "token-bucket":
      return tokenBucket(limit);
  }
}

/** Windows lie on the clock: each starts its count at zero, so that counting refused calls changes nothing. */
function fixedWindow({ calls, period }: Limit, countRefused: boolean): Limiter {
  let window = -1;
  let count = 0;
  return {
    accept: (now) => {
      const current = Math.floor(now / period);
      if (current !== window) [window, count] = [current, 0];
      const accepted = count < calls;
      if (accepted || countRefused) count++;
      return accepted;
    },
    remaining: () => Math.max(0, calls - count),
    resetAt: (now) => (Math.floor(now / period) + 1) * period,
  };
}

/** At most `calls` in the period up to now. */
function slidingLog({ calls, period }: Limit, countRefused: boolean): Limiter {
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
    remaining: (now) => log.reduce((free, at) => (at <= now - period ? free + 1 : free), 0),
    resetAt: (now) => Math.max(now, (log[oldest] as number) + period),
  };
}

/** A call at the exact time of its token must not fail because of a rounding error in the last bit. */
const rounding = 1e-9;

function tokenBucket({ calls, period }: Limit): Limiter {
  let tokens = calls;
  let filledAt: number | undefined;
  return {
    accept: (now) => {
      tokens = Math.min(calls, tokens + ((now - (filledAt ?? now)) * calls) / period);
      filledAt = now;
      if (tokens < 1 - rounding) return false;
      tokens = Math.max(0, tokens - 1);
      return true;
    },
    remaining: () => Math.floor(tokens + rounding),
    resetAt: (now) => now + ((Math.floor(tokens + rounding) + 1 - tokens) * period) / calls,
  };
}
