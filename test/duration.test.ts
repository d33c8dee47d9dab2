import fc from "fast-check";
import { expect, test } from "vitest";
import {
  describeCountdown,
  describeDuration,
  describeLocalMoment,
  describeMoment,
  duration,
  formatDuration,
  parseDuration,
} from "../agent/duration.ts";

test.each([
  ["250ms", 250],
  ["30s", 30_000],
  ["15m", 900_000],
  ["8h", 28_800_000],
  ["30d", 2_592_000_000],
  ["0s", 0],
])("reads %s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "s", "-1s", "1.5h", "1 h", "1w", "366d", "999999999999d"])("refuses %j", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("every duration is read back from its shortest form", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (ms) => {
      expect(parseDuration(formatDuration(duration(`${ms}ms`)))).toBe(ms);
    }),
  );
});

test.each([
  [2_400, "2 s"],
  [59_700, "1 min"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
  [-5, "0 s"],
])("%i ms are for a person %s", (ms, text) => {
  expect(describeDuration(ms)).toBe(text);
});

test.each([
  [0, "0 s"],
  [1, "1 s"],
  [59_001, "1 min"],
  [200_000, "3 min 20 s"],
  [3_599_500, "1 h"],
  [7_500_000, "2 h 5 min"],
])("%i ms are as the rest of a wait %s", (ms, text) => {
  expect(describeCountdown(ms)).toBe(text);
});

test.each([
  [1_795_626_240_000, "2026-11-25 17:04 UTC"],
  [Number.NaN, "?"],
  [1e300, "?"],
])("%d is for a person the moment %s", (ms, text) => {
  expect(describeMoment(ms)).toBe(text);
});

test.each([
  [60, "2026-11-25 18:04 +01:00"],
  [-210, "2026-11-25 13:34 -03:30"],
  [0, "2026-11-25 17:04 +00:00"],
])("a moment %i minutes ahead of UTC", (offset, text) => {
  expect(describeLocalMoment(Date.UTC(2026, 10, 25, 17, 4), offset)).toBe(text);
});
