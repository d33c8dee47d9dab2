import fc from "fast-check";
import { expect, test } from "vitest";
import { maxLinks, spentUntil, withLink } from "../../agent/link/budget.ts";

const hour = 3_600_000;

test("at most six links begin within any hour, however often runs ask", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(hour), { maxLength: 200 }), (gaps) => {
      let links: readonly number[] = [];
      const begun: number[] = [];
      let now = 4e12;
      for (const gap of gaps) {
        now += gap;
        const until = spentUntil(links, now);
        if (until !== undefined) {
          expect(until).toBeGreaterThan(now);
          continue;
        }
        begun.push(now);
        links = withLink(links, now);
        expect(links.length).toBeLessThanOrEqual(maxLinks);
      }
      for (const [at, moment] of begun.entries()) {
        expect((begun[at + maxLinks] ?? Infinity) - moment).toBeGreaterThanOrEqual(hour);
      }
    }),
  );
});

test("a clock that was set back frees the budget", () => {
  const links = Array.from({ length: maxLinks }, () => 4e12);
  expect(spentUntil(links, 4e12)).toBe(4e12 + hour);
  expect(spentUntil(links, 4e12 - 1)).toBeUndefined();
});
