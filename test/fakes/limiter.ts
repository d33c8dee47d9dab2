/**
 * The shared limit of an account, in each of the ways in which a server may count it. The vendor publishes the limit
 * (10 calls per minute) and not the way, so an agent has to get on with all of these.
 *
 * - `fixed-window`: so many accepted calls in each period of the clock.
 * - `fixed-window-counting-refused`: so many calls of any outcome in each period of the clock.
 * - `sliding-window`: so many accepted calls in the period that ends now.
 * - `sliding-window-counting-refused`: so many calls of any outcome in the period that ends now. Who keeps knocking
 *   faster than the limit is never let in.
 * - `token-bucket`: a store of calls, full at the start, refilled evenly at the limit's pace.
 */
export type LimiterModel =
  | "fixed-window"
  | "fixed-window-counting-refused"
  | "sliding-window"
  | "sliding-window-counting-refused"
  | "token-bucket";

export const limiterModels: readonly LimiterModel[] = [
  "fixed-window",
  "fixed-window-counting-refused",
  "sliding-window",
  "sliding-window-counting-refused",
  "token-bucket",
];

export interface Limit {
  readonly calls: number;
  readonly periodMs: number;
}

export interface Verdict {
  readonly accepted: boolean;
  /** Calls that would be accepted right after this one. */
  readonly remaining: number;
  /**
   * When the limit gives something back, in milliseconds since the epoch: after a refusal, when a call may work again.
   */
  readonly resetAt: number;
}

/** Counts one call at a moment (milliseconds since the epoch, never earlier than the one before) and judges it. */
export type Limiter = (now: number) => Verdict;

export function createLimiter(model: LimiterModel, limit: Limit): Limiter {
  switch (model) {
    case "fixed-window":
    case "fixed-window-counting-refused":
      return fixedWindow(limit);
    case "sliding-window":
      return slidingWindow(limit, { countRefused: false });
    case "sliding-window-counting-refused":
      return slidingWindow(limit, { countRefused: true });
    case "token-bucket":
      return tokenBucket(limit);
  }
}

/** Counting refused calls changes nothing here: they come when the window is used up, and a new one starts at zero. */
function fixedWindow({ calls, periodMs }: Limit): Limiter {
  let window = -1;
  let counted = 0;
  return (now) => {
    const current = Math.floor(now / periodMs);
    if (current !== window) {
      window = current;
      counted = 0;
    }
    counted += 1;
    return {
      accepted: counted <= calls,
      remaining: Math.max(0, calls - counted),
      resetAt: (current + 1) * periodMs,
    };
  };
}

function slidingWindow({ calls, periodMs }: Limit, { countRefused }: { countRefused: boolean }): Limiter {
  let counted: number[] = [];
  return (now) => {
    counted = counted.filter((at) => at > now - periodMs);
    const accepted = counted.length < calls;
    if (accepted || countRefused) counted.push(now);
    // The call whose leaving makes room; with calls counted beyond the limit it is not the oldest one.
    const blocking = counted[Math.max(0, counted.length - calls)] ?? now;
    return { accepted, remaining: Math.max(0, calls - counted.length), resetAt: blocking + periodMs };
  };
}

function tokenBucket({ calls, periodMs }: Limit): Limiter {
  const perMs = calls / periodMs;
  // A call that comes when the clock says its token is there must not fail for a rounding error in the last bit.
  const rounding = 1e-9;
  let level = calls;
  let last: number | undefined;
  return (now) => {
    level = Math.min(calls, level + (now - (last ?? now)) * perMs);
    last = now;
    const accepted = level >= 1 - rounding;
    if (accepted) level = Math.max(0, level - 1);
    const whole = Math.floor(level + rounding);
    return { accepted, remaining: whole, resetAt: Math.ceil(now + (whole + 1 - level) / perMs) };
  };
}
