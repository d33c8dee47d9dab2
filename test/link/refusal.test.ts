import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError, type ErrorCode } from "../../agent/errors.ts";
import { type Asked, type Refusal, refusalOf, standingRefusal } from "../../agent/link/refusal.ts";

const minute = 60_000;
const day = 1440 * minute;
const start = Date.UTC(2026, 10, 25);
const asked: Asked = {
  tenant: "https://gears.opswat.com",
  account: "client-1",
  username: "alice",
  group: "Sales",
  circumstances: "office",
  devices: ["00:0c:29:f2:7a:29", "00:1b:21:aa:bb:cc"],
};
const unknown = new AgentError("device-not-found", "No device in this tenant has these identifiers.");
const first = refusalOf(unknown, asked, undefined, start, 0.5);
if (first === undefined) throw new TypeError("not remembered");

/** The memory after each of so many refusals of a device that asks as soon as it may. */
function refusedAgain(times: number, random: number): readonly Refusal[] {
  const all = [first as Refusal];
  for (let last = all[0]; last !== undefined && all.length < times; last = all.at(-1)) {
    const next = refusalOf(unknown, asked, last, last.until, random);
    if (next !== undefined) all.push(next);
  }
  return all;
}

test("a pause lasts as long as the refusals before it, from a quarter of an hour to a day", () => {
  const pauses = refusedAgain(12, 0.5).map(({ since, until }) => [since, until - since]);
  expect(pauses.slice(0, 4)).toEqual([15, 30, 60, 120].map((minutes) => [start, minutes * minute]));
  const [[, last = 0] = [], [, before = 0] = []] = [pauses.at(-1), pauses.at(-2)];
  expect(last - before).toBe(day);
});

test("an unknown device costs the shared limit about one call a day", () => {
  const month = refusedAgain(60, 0.5).filter(({ until }) => until < start + 30 * day);
  expect(month.length).toBeLessThan(37);
});

test.each<ErrorCode>([
  "credentials-refused",
  "token-refused",
  "redirected",
  "not-json",
  "unexpected-answer",
  "answer-too-large",
])("%s, which all devices meet, is asked for again after one hour to three", (code) => {
  const until = (random: number) =>
    (refusalOf(new AgentError(code, ""), asked, undefined, start, random)?.until ?? 0) - start;
  expect([0, 0.5, 0.999_999].map((random) => Math.round(until(random) / minute))).toEqual([60, 120, 180]);
});

test("devices that were refused together retry at different times", () => {
  const ends = [0, 0.5, 0.999].map((random) => refusalOf(unknown, asked, undefined, start, random)?.until);
  expect(ends).toEqual([start + 11.25 * minute, start + 15 * minute, expect.closeTo(start + 18.75 * minute, -4)]);
});

test.each<ErrorCode>(["server-error", "no-user", "internal", "intercepted", "tls-untrusted", "too-many-requests"])(
  "%s, which passes by itself or which no call was made for, is not remembered",
  (code) => {
    expect(refusalOf(new AgentError(code, ""), asked, undefined, start, 0.5)).toBeUndefined();
  },
);

test("it applies until then, with its code and message", () => {
  const error = standingRefusal(first, asked, first.until - 1);
  expect(error).toMatchObject({ code: unknown.code, message: expect.stringContaining(unknown.message) });
  expect(error?.message).toContain("2026-11-25 00:15 UTC");
  expect(standingRefusal(first, asked, first.until)).toBeUndefined();
  expect(standingRefusal(undefined, asked, start)).toBeUndefined();
});

test.each<Partial<Asked>>([
  { tenant: "https://gears-beta.opswat.com" },
  { account: null },
  { username: "bob" },
  { group: null },
  { circumstances: "at home" },
  { circumstances: undefined },
  { devices: [...asked.devices, "1dc0aaaa292ce801f5379042d68bb6cb"] },
  { devices: asked.devices.toReversed() },
])("%o is another question, and is asked at once", (change) => {
  const other = { ...asked, ...change };
  expect(standingRefusal(first, other, start)).toBeUndefined();
  expect(refusalOf(unknown, other, first, start + day, 0.5)).toMatchObject({ since: start + day });
});

test("with any clock a device is tried again within a day and a half", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e12 }),
      fc.integer({ min: 0, max: 4e12 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (then, now, random) => {
        const refusal = refusalOf(unknown, asked, { ...first, since: then }, now, random);
        const later = now + 1.5 * day;
        expect(standingRefusal(refusal, asked, later)).toBeUndefined();
        expect(standingRefusal({ ...first, since: then, until: now + 1000 * day }, asked, now)).toBeUndefined();
      },
    ),
  );
});

const logOnRefused = new AgentError("proxy-refused", "The proxy refuses the user name and password.", {
  place: { stage: "proxy log-on", party: "proxy" },
});

test("a log-on that a proxy refused is not sent again soon, for any user, until the circumstances change", () => {
  const refusal = refusalOf(logOnRefused, asked, undefined, start, 0.5);
  expect(refusal).toMatchObject({ code: "proxy-refused", until: start + 15 * minute });
  const bob = { ...asked, username: "bob", devices: ["x"] };
  expect(standingRefusal(refusal, bob, start + minute)?.message).toMatch(/^The proxy refuses .* Triggers ask again/);
  expect(standingRefusal(refusal, { ...asked, circumstances: "home" }, start + minute)).toBeUndefined();
  const again = refusalOf(logOnRefused, bob, refusal, start + 20 * minute, 0.5);
  expect(again).toMatchObject({ since: start, until: start + 40 * minute });
});

test("a proxy's other refusals may be temporary", () => {
  const place = { stage: "tunnel", party: "proxy" } as const;
  expect(refusalOf(new AgentError("proxy-refused", "", { place }), asked, undefined, start, 0.5)).toBeUndefined();
});
