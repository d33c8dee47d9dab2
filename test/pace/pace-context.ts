import { duration } from "../../agent/duration.ts";
import type { PaceContext } from "../../agent/pace/pacer.ts";

/** The API's own limit, nothing configured, chance in the middle. */
export function paceContext(changes: Partial<PaceContext>): PaceContext {
  return {
    now: 1_800_000_000_000,
    awake: 0,
    random: () => 0.5,
    slot: 0.5,
    immediate: false,
    rateLimit: { calls: 10, period: duration("1m") },
    fleetSize: undefined,
    splay: undefined,
    retryInitialDelay: 2000,
    retryMaxDelay: 900_000,
    ...changes,
  };
}

/** The same device later, awake all the time. */
export function later(context: PaceContext, ms: number): PaceContext {
  return { ...context, now: context.now + ms, awake: context.awake + ms };
}
