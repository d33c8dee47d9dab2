import fc from "fast-check";
import { expect, test } from "vitest";
import { type LimiterModel, limiterModels, makeLimiter } from "../fakes/limiter.ts";

const limit = { calls: 3, period: 1000 };
/** A moment at which a window of the clock begins. */
const start = 1_700_000_000_000;

/** Which of the calls at these times (ms after `start`) are accepted. */
function accepted(model: LimiterModel, moments: readonly number[]): boolean[] {
  const limiter = makeLimiter(model, limit);
  return moments.map((moment) => limiter.accept(start + moment));
}

test.each(limiterModels)("%s accepts the limit's calls at once and refuses those above it", (model) => {
  expect(accepted(model, [0, 0, 0, 0])).toEqual([true, true, true, false]);
});

test.each(limiterModels)("%s counts the calls that remain", (model) => {
  const limiter = makeLimiter(model, limit);
  const remaining = [0, 0, 0, 0].map(() => {
    limiter.accept(start);
    return limiter.remaining(start);
  });
  expect(remaining).toEqual([2, 1, 0, 0]);
});

test.each(limiterModels)("%s accepts a call at the moment that a refusal names", (model) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(700), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 7, max: 1500 }),
      (gaps, calls, period) => {
        const limiter = makeLimiter(model, { calls, period });
        let now = start;
        for (const gap of gaps) {
          now += gap;
          if (limiter.accept(now)) continue;
          expect(limiter.resetAt(now)).toBeGreaterThan(now);
          now = Math.ceil(limiter.resetAt(now));
          expect(limiter.accept(now)).toBe(true);
        }
      },
    ),
  );
});

test("a fixed window starts with the clock, so twice the limit fits around its edge", () => {
  const moments = [999, 999, 999, 1000, 1000, 1000, 1000];
  expect(accepted("fixed-window", moments)).toEqual([true, true, true, true, true, true, false]);
  expect(accepted("fixed-window-counting-refused", moments)).toEqual([true, true, true, true, true, true, false]);
});

test.each(["sliding-log", "sliding-log-counting-refused"] as const)(
  "%s never accepts more than the limit in any period",
  (model) => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 80 }), (gaps) => {
        const limiter = makeLimiter(model, limit);
        const passed: number[] = [];
        let now = start;
        for (const gap of gaps) {
          now += gap;
          if (limiter.accept(now)) passed.push(now);
        }
        for (const [index, at] of passed.entries()) {
          expect((passed[index + limit.calls] ?? Infinity) - at).toBeGreaterThanOrEqual(limit.period);
        }
      }),
    );
  },
);

test("a client that keeps calling is accepted by a sliding log, unless refused calls count", () => {
  const calls = Array.from({ length: 20 }, (_, index) => index * 300);
  expect(accepted("sliding-log", calls).filter(Boolean).length).toBeGreaterThan(10);
  expect(accepted("sliding-log-counting-refused", calls)).toEqual(calls.map((_, index) => index < 3));
});

test("a token bucket refills one call at a time", () => {
  expect(accepted("token-bucket", [0, 0, 0, 333, 334, 334, 667, 668])).toEqual([
    ...[true, true, true, false, true, false, true, false],
  ]);
});
