import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longestWait, readRateLimit } from "../../agent/gears/rate-limit-headers.ts";

const now = Date.UTC(2026, 10, 23, 8, 0, 0);
const inSeconds = (seconds: number) => now + seconds * 1000;

describe("notBefore", () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ["no header", {}, undefined],
    ["a delay", { "x-ratelimit-reset-time": "37" }, inSeconds(37)],
    ["an epoch time", { "x-ratelimit-reset-time": String(now / 1000 + 37) }, inSeconds(37)],
    ["an epoch time that has passed", { "x-ratelimit-reset-time": String(now / 1000 - 37) }, undefined],
    ["the largest delay", { "x-ratelimit-reset-time": "1000000000" }, now + longestWait],
    ["the smallest epoch time", { "x-ratelimit-reset-time": "1000000001" }, undefined],
    ["fractions", { "x-ratelimit-reset-time": "1.5" }, now + 1500],
    ["zero", { "x-ratelimit-reset-time": "0" }, undefined],
    ["seconds to wait", { "retry-after": "120" }, inSeconds(120)],
    ["a date", { "retry-after": "Mon, 23 Nov 2026 08:02:00 GMT" }, inSeconds(120)],
    ["a date of RFC 850", { "retry-after": "Monday, 23-Nov-26 08:02:00 GMT" }, inSeconds(120)],
    ["a date of asctime", { "retry-after": "Mon Nov 23 08:02:00 2026" }, inSeconds(120)],
    ["a date that has passed", { "retry-after": "Mon, 23 Nov 2026 07:00:00 GMT" }, undefined],
    ["a date that is none", { "retry-after": "Mon, 99 Nov 2026 08:02:00 GMT" }, undefined],
    ["both, Retry-After later", { "x-ratelimit-reset-time": "5", "retry-after": "9" }, inSeconds(9)],
    ["both, the reset later", { "x-ratelimit-reset-time": "9", "retry-after": "5" }, inSeconds(9)],
    ["one of them unreadable", { "x-ratelimit-reset-time": "soon", "retry-after": "5" }, inSeconds(5)],
    ["a header sent twice", { "retry-after": "5, 7" }, inSeconds(7)],
    ["absurdly much", { "retry-after": "999999999999" }, now + longestWait],
    ["more digits than a number has", { "retry-after": "9".repeat(400) }, undefined],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["another notation", { "retry-after": "0x10" }, undefined],
    ["a year in words that Date.parse would take", { "retry-after": "2027" }, now + 2_027_000],
  ])("%s", (_, headers, notBefore) => {
    expect(readRateLimit(headers, now).notBefore).toBe(notBefore);
  });

  test("a point in time counts from the answer's own date, so a wrong local clock does no harm", () => {
    const serverNow = Date.UTC(2031, 0, 1, 12, 0, 0);
    const date = new Date(serverNow).toUTCString();
    const reset = String(serverNow / 1000 + 42);
    expect(readRateLimit({ date, "x-ratelimit-reset-time": reset }, now).notBefore).toBe(inSeconds(42));
    const until = new Date(serverNow + 42_000).toUTCString();
    expect(readRateLimit({ date, "retry-after": until }, now).notBefore).toBe(inSeconds(42));
  });

  test("whatever the headers say, it is in the future and within a day", () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const headers = fc.record({ "x-ratelimit-reset-time": value, "retry-after": value, date: value });
    fc.assert(
      fc.property(headers, (given) => {
        const { notBefore } = readRateLimit(given, now);
        expect(notBefore === undefined || (notBefore > now && notBefore <= now + longestWait)).toBe(true);
      }),
    );
  });

  test("a delay and the epoch time of the same moment mean the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: longestWait / 1000 }), (seconds) => {
        const delay = readRateLimit({ "x-ratelimit-reset-time": String(seconds) }, now);
        const epoch = readRateLimit({ "x-ratelimit-reset-time": String(now / 1000 + seconds) }, now);
        expect(delay.notBefore).toBe(inSeconds(seconds));
        expect(epoch).toEqual(delay);
      }),
    );
  });
});

test("limit and remaining are whole numbers or nothing", () => {
  const headers = { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "0" };
  expect(readRateLimit(headers, now)).toEqual({ limit: 10, remaining: 0, notBefore: undefined, exact: false });
  const odd = { "x-ratelimit-limit": "ten", "x-ratelimit-remaining": "1.5" };
  expect(readRateLimit(odd, now)).toEqual({
    limit: undefined,
    remaining: undefined,
    notBefore: undefined,
    exact: false,
  });
});

describe("a place in a gateway's queue", () => {
  const place = (headers: Record<string, string>) => {
    const { exact, notBefore } = readRateLimit(headers, now);
    return [exact, notBefore];
  };

  test.each([
    ["the moment of Retry-After", { "retry-after": "90", "x-linkuser-place": "exact" }, true, inSeconds(90)],
    [
      "whatever the limit's headers say",
      { "retry-after": "90", "x-linkuser-place": " Exact ", "x-ratelimit-reset-time": "120" },
      true,
      inSeconds(90),
    ],
    ["none without a moment", { "x-linkuser-place": "exact", "x-ratelimit-reset-time": "120" }, false, inSeconds(120)],
    ["none without the header", { "retry-after": "90" }, false, inSeconds(90)],
    ["none with another value", { "retry-after": "90", "x-linkuser-place": "rough" }, false, inSeconds(90)],
  ] as const)("is %s", (_, headers, exact, notBefore) => {
    expect(place(headers)).toEqual([exact, notBefore]);
  });
});
