import type { Clock } from "../../agent/clock.ts";

/** Time that passes only while somebody sleeps. */
export function virtualClock(start = Date.UTC(2026, 10, 23, 8)): Clock & { readonly slept: readonly number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now - start,
    sleep: async (ms, signal) => {
      if (signal.aborted) return;
      slept.push(ms);
      now += ms;
    },
  };
}
