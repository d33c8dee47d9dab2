import type { RateLimit } from "../settings/kinds.ts";

/** How a server may count calls; which one the vendor runs is not documented. */
export const limiterModels = [
  "fixed-window",
  "fixed-window-counting-refused",
  "sliding-log",
  "sliding-log-counting-refused",
  "token-bucket",
] as const;

/** One of {@link limiterModels}. */
export type LimiterModel = (typeof limiterModels)[number];

/** A rate limit in virtual time. Calls must come in order of time. */
export interface Limiter {
  /** Whether the call at `now` is accepted. */
  accept(now: number): boolean;
  /** What a refused call at `now` is told: the moment from which a lone caller would be accepted again. */
  resetAt(now: number): number;
}

/** A limiter that has seen no call yet. */
export function makeLimiter(model: LimiterModel, limit: RateLimit): Limiter {
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

/** Windows lie on the clock: with every one the count starts anew, so that refused calls that count change nothing. */
function fixedWindow({ calls, period }: RateLimit, countRefused: boolean): Limiter {
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
    resetAt: (now) => (Math.floor(now / period) + 1) * period,
  };
}

/** At most `calls` in the period up to now. */
function slidingLog({ calls, period }: RateLimit, countRefused: boolean): Limiter {
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
    resetAt: () => (log[oldest] as number) + period,
  };
}

function tokenBucket({ calls, period }: RateLimit): Limiter {
  let tokens = calls as number;
  let filledAt = 0;
  return {
    accept: (now) => {
      tokens = Math.min(calls, tokens + ((now - filledAt) * calls) / period);
      filledAt = now;
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
    resetAt: (now) => now + ((1 - tokens) * period) / calls,
  };
}
