import { expect, test } from "vitest";
import { exitCodes } from "../../../agent/exit-codes.ts";
import { eventIds, eventRecord } from "../../../agent/platform/windows/event-table.ts";

test("every ID is one that EventCreate.exe shows, and a failure's is its exit code", () => {
  const ids = Object.values(eventIds);
  // A run that waits for its turn and one over the limit have one exit code.
  expect(new Set(ids).size).toBe(ids.length - 1);
  expect(ids.every((id) => id >= 1 && id <= 1000)).toBe(true);
  for (const [outcome, code] of Object.entries(exitCodes)) {
    if (code !== 0) expect(eventIds).toMatchObject({ [outcome]: code });
  }
});

test("texts are one line without control characters, and short enough for Windows", () => {
  expect(eventRecord("credentials", "a\r\nb\u0000").text).toBe("a\\u{d}\\u{a}b\\u{0}");
  expect(eventRecord("warning", "😀".repeat(40_000)).text.length).toBeLessThan(31_839);
});

test("links are information, what the next run may repair is a warning, the rest errors", () => {
  expect(eventRecord("linked", "").type).toBe(4);
  expect(eventRecord("unreachable", "").type).toBe(2);
  expect(eventRecord("credentials", "").type).toBe(1);
});
