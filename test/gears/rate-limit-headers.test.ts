import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRateLimit } from "../../agent/gears/rate-limit-headers.ts";
import { answer } from "./answers.ts";

const now = Date.UTC(2026, 10, 23, 8, 0, 0);
const hour = 3_600_000;
const read = (headers: Record<string, string>, status = 429) => readRateLimit(answer(status, "", headers), now);
const inSeconds = (seconds: number) => now + seconds * 1000;

describe("notBefore", () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ["no header", {}, undefined],
    ["a delay", { "x-ratelimit-reset-time": "37" }, inSeconds(37)],
    ["an epoch time", { "x-ratelimit-reset-time": String(now / 1000 + 37) }, inSeconds(37)],
    ["an epoch time that has passed", { "x-ratelimit-reset-time": String(now / 1000 - 37) }, undefined],
    ["a delay that can't be meant", { "x-ratelimit-reset-time": "1000000000" }, undefined],
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
    ["absurdly much", { "retry-after": "999999999999" }, undefined],
    ["more digits than a number has", { "retry-after": "9".repeat(400) }, undefined],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["another notation", { "retry-after": "0x10" }, undefined],
    ["milliseconds of the epoch", { "x-ratelimit-reset-time": String(now + 42_000) }, inSeconds(42)],
    ["milliseconds of the epoch, of the past", { "x-ratelimit-reset-time": String(now - 42_000) }, undefined],
    ["microseconds of the epoch", { "x-ratelimit-reset-time": `${now + 42_000}000` }, inSeconds(42)],
    ["nanoseconds of the epoch", { "x-ratelimit-reset-time": `${now + 42_000}000000` }, inSeconds(42)],
    ["Retry-After as an epoch time", { "retry-after": String(now / 1000 + 42) }, inSeconds(42)],
    ["seconds with their unit", { "x-ratelimit-reset-in": "3600s" }, inSeconds(3600)],
    ["a proxy's Retry-After with a unit", { "retry-after": "30 s" }, inSeconds(30)],
    ["minutes with their unit", { "x-ratelimit-reset-in": "2m" }, inSeconds(120)],
    ["minutes and seconds", { "x-ratelimit-reset-in": "1m30s" }, inSeconds(90)],
    ["milliseconds with their unit", { "x-ratelimit-reset-in": "4200ms" }, now + 4200],
    ["a moment in ISO 8601", { "x-ratelimit-reset-time": "2026-11-23T08:00:42Z" }, inSeconds(42)],
    ["a moment in another zone", { "x-ratelimit-reset-time": "2026-11-23T09:00:42.5+01:00" }, now + 42_500],
    ["a day without a time", { "x-ratelimit-reset-time": "2026-11-24" }, undefined],
    ["the IETF's draft", { "ratelimit-reset": "50" }, inSeconds(50)],
    ["three hours", { "retry-after": "10800" }, undefined],
    [
      "one that is meant beside one that can't be",
      { "retry-after": "99999", "x-ratelimit-reset-time": "5" },
      inSeconds(5),
    ],
    ["a year in words that Date.parse would take", { "retry-after": "2027" }, now + 2_027_000],
  ])("%s", (_, headers, notBefore) => {
    expect(read(headers).notBefore).toBe(notBefore);
  });

  test("a point in time counts from the answer's own date, so a wrong local clock does no harm", () => {
    const serverNow = Date.UTC(2031, 0, 1, 12, 0, 0);
    const date = new Date(serverNow).toUTCString();
    const reset = String(serverNow / 1000 + 42);
    expect(read({ date, "x-ratelimit-reset-time": reset }).notBefore).toBe(inSeconds(42));
    const until = new Date(serverNow + 42_000).toUTCString();
    expect(read({ date, "retry-after": until }).notBefore).toBe(inSeconds(42));
  });

  test.each([1, -1])("the server's clock is %d days off what it names", (days) => {
    const date = new Date(now - days * 24 * hour).toUTCString();
    expect(read({ date, "retry-after": new Date(now + 42_000).toUTCString() }).notBefore).toBe(inSeconds(42));
    expect(read({ date, "x-ratelimit-reset-time": String(now / 1000 + 42) }).notBefore).toBe(inSeconds(42));
  });

  test("an implausible wait is reported; a server that is down may mean it", () => {
    expect(read({ "retry-after": "80000" })).toMatchObject({
      notBefore: undefined,
      disbelieved: expect.stringMatching(/^retry-after: 80000 \(more than 2 h/),
    });
    expect(read({ "retry-after": "80000" }, 503)).toMatchObject({
      notBefore: inSeconds(80_000),
      disbelieved: undefined,
    });
    expect(read({ "retry-after": "90000" }, 503).notBefore).toBeUndefined();
  });

  test("a limit of a longer period may mean a longer wait", () => {
    const given = answer(429, "", { "retry-after": "80000" });
    expect(readRateLimit(given, now, 24 * hour).notBefore).toBe(inSeconds(80_000));
  });

  test("with any headers the time is in the future and within two hours", () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const headers = fc.record({ "x-ratelimit-reset-time": value, "retry-after": value, date: value });
    fc.assert(
      fc.property(headers, (given) => {
        const { notBefore } = read(given);
        expect(notBefore === undefined || (notBefore > now && notBefore <= now + 2 * hour)).toBe(true);
      }),
    );
  });

  test("a delay and the epoch time of the same moment mean the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: (2 * hour) / 1000 }), (seconds) => {
        const delay = read({ "x-ratelimit-reset-time": String(seconds) });
        const epoch = read({ "x-ratelimit-reset-time": String(now / 1000 + seconds) });
        expect(delay.notBefore).toBe(inSeconds(seconds));
        expect(epoch).toEqual(delay);
      }),
    );
  });
});

test("limit and remaining are whole numbers or nothing", () => {
  const headers = { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "0" };
  expect(read(headers)).toMatchObject({ limit: 10, remaining: 0, notBefore: undefined, exact: false });
  const odd = { "x-ratelimit-limit": "ten", "x-ratelimit-remaining": "1.5" };
  expect(read(odd)).toMatchObject({ limit: undefined, remaining: undefined, notBefore: undefined });
});

describe("a place in a gateway's queue", () => {
  const place = (headers: Record<string, string>) => {
    const { exact, notBefore } = read(headers);
    return [exact, notBefore];
  };

  test.each([
    ["the moment of Retry-After", { "retry-after": "90", "x-linkuser-place": "exact" }, true, inSeconds(90)],
    [
      "any headers of the limit",
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
