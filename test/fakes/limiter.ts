import { fixedWindow, type Limit, type Limiter, slidingLog } from "../../agent/pace/limiter.ts";

/**
 * How a server may count calls; which one the vendor runs is not documented.
 * - `fixed-window`: the accepted calls in each period of the clock.
 * - `fixed-window-counting-refused`: all calls in each period of the clock.
 * - `sliding-log`: the accepted calls in the period that ends now.
 * - `sliding-log-counting-refused`: all calls in the period that ends now.
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

/** Also says how many calls would be accepted right after the last one, at `now`. */
export interface CountingLimiter extends Limiter {
  remaining(now: number): number;
}

export function makeLimiter(model: LimiterModel, limit: Limit): CountingLimiter {
  const { calls, period } = limit;
  const sincePeriod = (now: number) => now - period;
  switch (model) {
    case "fixed-window":
    case "fixed-window-counting-refused":
      return counting(fixedWindow(limit), calls, (now) => Math.floor(now / period) * period - 1);
    case "sliding-log":
      return counting(slidingLog(limit, false), calls, sincePeriod);
    case "sliding-log-counting-refused":
      return counting(slidingLog(limit, true), calls, sincePeriod, true);
    case "token-bucket":
      return tokenBucket(limit);
  }
}

/** @param since calls after this moment count */
function counting(
  limiter: Limiter,
  calls: number,
  since: (now: number) => number,
  countRefused = false,
): CountingLimiter {
  let counted: number[] = [];
  return {
    ...limiter,
    accept: (now) => {
      const accepted = limiter.accept(now);
      counted = counted.filter((at) => at > since(now));
      if (accepted || countRefused) counted.push(now);
      return accepted;
    },
    remaining: (now) => Math.max(0, calls - counted.filter((at) => at > since(now)).length),
  };
}

/** A call at the exact time of its token must not fail because of a rounding error in the last bit. */
const rounding = 1e-9;

function tokenBucket({ calls, period }: Limit): CountingLimiter {
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
