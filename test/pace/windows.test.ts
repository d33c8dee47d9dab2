import fc from "fast-check";
import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { margin, windowAt } from "../../agent/pace/windows.ts";

const rateLimit = { calls: 10, period: duration("1m") };
const minute = 60_000;
const unknown = { rateLimit, fleetSize: undefined, splay: undefined };
const slot = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("windows of an unknown fleet grow, from 33 % growth on by that factor", () => {
  const widths = Array.from({ length: 20 }, (_, k) => windowAt(k, 0, unknown).width / minute);
  expect(widths.slice(0, 4).map(Math.round)).toEqual([29, 85, 140, 194]);
  expect((widths[19] ?? 0) / (widths[18] ?? 1)).toBeCloseTo(1.33);
});

test("a device's place is at the same fraction of each window, by its slot", () => {
  const spread = fc.record({
    rateLimit: fc.record({
      calls: fc.integer({ min: 1, max: 100 }),
      period: fc.constantFrom(duration("6s"), duration("1d")),
    }),
    fleetSize: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
    splay: fc.option(fc.integer({ min: 0, max: 30 * 86_400_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(spread, fc.nat(1001), slot, (given, k, at) => {
      const { width, place } = windowAt(k, at, given);
      expect(width).toBeGreaterThanOrEqual(1);
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThanOrEqual(width);
      expect(windowAt(k, at / 2, given).place).toBeLessThanOrEqual(place);
    }),
  );
});

test("a known fleet's first window is as wide as it needs, the next one a tenth of that", () => {
  const known = { ...unknown, fleetSize: 10_000 };
  expect(windowAt(0, 0.5, known)).toEqual({ width: margin * 1000 * minute, place: (margin * 1000 * minute) / 2 });
  expect(windowAt(1, 0, known).width).toBeCloseTo(margin * 100 * minute);
});

test("a short splay is followed by the windows of an unknown fleet", () => {
  const short = { ...unknown, splay: minute };
  expect(windowAt(0, 0.5, short)).toEqual({ width: minute, place: minute / 2 });
  expect(windowAt(1, 0.5, short)).toEqual(windowAt(0, 0.5, unknown));
});
