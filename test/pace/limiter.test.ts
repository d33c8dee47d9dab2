import fc from "fast-check";
import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { limiterModels, makeLimiter } from "../../agent/pace/limiter.ts";

const limit = { calls: 3, period: duration("1m") };

test.each(limiterModels)("%s takes the limit's calls, then none until its reset, then one", (model) => {
  const limiter = makeLimiter(model, limit);
  expect([1, 2, 3, 4].map((now) => limiter.accept(now))).toEqual([true, true, true, false]);
  const reset = limiter.resetAt(4);
  expect(reset).toBeGreaterThan(4);
  expect(limiter.accept(reset)).toBe(true);
});

test.each(limiterModels)("%s never accepts more than twice the limit in one period", (model) => {
  fc.assert(
    fc.property(fc.array(fc.nat(20_000), { maxLength: 200 }), (gaps) => {
      const limiter = makeLimiter(model, limit);
      const accepted: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        if (limiter.accept(now)) accepted.push(now);
      }
      for (const from of accepted) {
        expect(accepted.filter((one) => one >= from && one < from + limit.period).length).toBeLessThanOrEqual(6);
      }
    }),
  );
});

test("refused calls that count in a sliding log shut out who keeps knocking", () => {
  const limiter = makeLimiter("sliding-log-counting-refused", limit);
  const answers = Array.from({ length: 100 }, (_, n) => limiter.accept(n * 10_000));
  expect(answers.filter(Boolean)).toHaveLength(3);
});
