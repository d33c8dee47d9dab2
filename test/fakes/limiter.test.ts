import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLimiter, type Limit, type LimiterModel, limiterModels } from "./limiter.ts";

const limit: Limit = { calls: 3, periodMs: 1000 };
/** A moment at which a window of the clock begins. */
const start = 1_700_000_000_000;

/** Which of the calls at these moments (milliseconds after `start`) are accepted. */
function accepted(model: LimiterModel, moments: readonly number[]): boolean[] {
  const limiter = createLimiter(model, limit);
  return moments.map((moment) => limiter(start + moment).accepted);
}

describe.each(limiterModels)("%s", (model) => {
  test("lets the limit through at once and refuses what is above it", () => {
    expect(accepted(model, [0, 0, 0, 0])).toEqual([true, true, true, false]);
  });

  test("counts what remains", () => {
    const limiter = createLimiter(model, limit);
    expect([0, 0, 0, 0].map(() => limiter(start).remaining)).toEqual([2, 1, 0, 0]);
  });

  test("accepts a call at the moment that a refusal names", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(700), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 7, max: 1500 }),
        (gaps, calls, periodMs) => {
          const limiter = createLimiter(model, { calls, periodMs });
          let now = start;
          for (const gap of gaps) {
            now += gap;
            let verdict = limiter(now);
            if (verdict.accepted) continue;
            expect(verdict.resetAt).toBeGreaterThan(now);
            now = verdict.resetAt;
            verdict = limiter(now);
            expect(verdict.accepted).toBe(true);
          }
        },
      ),
    );
  });
});

describe("what tells the models apart", () => {
  test("a fixed window starts anew with the clock, so twice the limit fits around its edge", () => {
    const moments = [999, 999, 999, 1000, 1000, 1000, 1000];
    expect(accepted("fixed-window", moments)).toEqual([true, true, true, true, true, true, false]);
    expect(accepted("fixed-window-counting-refused", moments)).toEqual([true, true, true, true, true, true, false]);
  });

  test("a sliding window never accepts more than the limit in any period", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 80 }), fc.boolean(), (gaps, countRefused) => {
        const limiter = createLimiter(countRefused ? "sliding-window-counting-refused" : "sliding-window", limit);
        const passed: number[] = [];
        let now = start;
        for (const gap of gaps) {
          now += gap;
          if (limiter(now).accepted) passed.push(now);
        }
        for (const [index, at] of passed.entries()) {
          const fourth = passed[index + limit.calls];
          if (fourth !== undefined) expect(fourth - at).toBeGreaterThanOrEqual(limit.periodMs);
        }
      }),
    );
  });

  test("knocking on goes through a sliding window, but not where refused calls count too", () => {
    const knocking = Array.from({ length: 20 }, (_, index) => index * 300);
    expect(accepted("sliding-window", knocking).filter(Boolean).length).toBeGreaterThan(10);
    expect(accepted("sliding-window-counting-refused", knocking)).toEqual(knocking.map((_, index) => index < 3));
  });

  test("a token bucket gives back one call at a time", () => {
    expect(accepted("token-bucket", [0, 0, 0, 333, 334, 334, 667, 668])).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });
});
