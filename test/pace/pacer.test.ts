import fc from "fast-check";
import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { after, begin, keep, reconnected, type Schedule } from "../../agent/pace/pacer.ts";
import { windowAt } from "../../agent/pace/windows.ts";
import { later, paceContext } from "./pace-context.ts";

const minute = 60_000;
const hour = 60 * minute;
const refused = { kind: "rate-limited", notBefore: undefined } as const;
const context = paceContext({});
const wait = (schedule: Schedule, from = context): number => schedule.notBefore - from.now;

/** The place in the first window without settings, for the device in the middle of the slots. */
const ownPlace = windowAt(0, 0.5, context).place;

test("the first attempt is at the device's place in the first window, which scales with the limit's period", () => {
  expect(wait(begin(undefined, context))).toBe(ownPlace);
  const faster = paceContext({ rateLimit: { calls: 10, period: duration("6s") } });
  expect(wait(begin(undefined, faster))).toBeCloseTo(ownPlace / 10, 0);
});

test("a fleet size spreads first attempts over the time that the limit needs, with a margin", () => {
  const schedule = begin(undefined, paceContext({ fleetSize: 10_000 }));
  expect(wait(schedule)).toBe(0.5 * 1.75 * 1000 * minute);
  expect(schedule.reason).toBe("this device's turn comes within the 1 d 5 h that 10000 devices need");
});

test("a person and a splay of 0 do not wait", () => {
  expect(wait(begin(undefined, paceContext({ fleetSize: 10_000, immediate: true })))).toBe(0);
  expect(wait(begin(undefined, paceContext({ splay: 0 })))).toBe(0);
});

test("each 429 leads to the device's own place in the next window", () => {
  let now = context;
  let schedule = begin(undefined, now);
  let begun = 0;
  for (let k = 0; k < 8; k++) {
    const { width, place } = windowAt(k, 0.5, context);
    expect(schedule.notBefore - context.now).toBeCloseTo(begun + place, 0);
    begun += width;
    now = later(now, schedule.notBefore - now.now);
    schedule = after(schedule, refused, now);
  }
});

test("chance scatters attempts around the place, but never outside the window", () => {
  const moments = [0, 0.5, 0.999_999].flatMap((chance) =>
    [0, 0.5, 0.999].map((slot) => {
      const own = paceContext({ slot, random: () => chance });
      const first = begin(undefined, own);
      return wait(after(first, refused, later(own, wait(first))), own) - windowAt(0, slot, own).width;
    }),
  );
  const { width, place } = windowAt(1, 0.5, context);
  expect(moments[1]).toBeCloseTo(place - 0.06 * width, -2);
  expect(moments[7]).toBeCloseTo(place + 0.06 * width, -2);
  for (const moment of moments) {
    expect(moment).toBeGreaterThanOrEqual(0);
    expect(moment).toBeLessThanOrEqual(width);
  }
});

test("one window is skipped if the limit is reached early in its period, as too many devices call then", () => {
  const first = begin(undefined, context);
  const at = later(context, wait(first));
  const windowAfter = (left: number): number =>
    after(first, { kind: "rate-limited", notBefore: at.now + left * minute }, at).memory.window;
  expect([0.3, 0.8, 0.95, 5].map(windowAfter)).toEqual([1, 2, 1, 1]);
});

test("a late attempt takes its place in the first window that still has it", () => {
  const first = begin(undefined, context);
  const late = later(context, 20 * hour);
  const next = after(first, refused, late);
  expect(next.memory.window).toBeGreaterThan(3);
  expect(next.notBefore).toBeGreaterThanOrEqual(late.now);
});

test("a device's own place in a queue is followed exactly, also by another run, and counts once", () => {
  const first = begin(undefined, context);
  const at = later(context, wait(first));
  const far = after(first, { kind: "rate-limited", notBefore: at.now + 80 * hour, exact: true }, at);
  expect(begin(far.memory, later(at, hour)).notBefore).toBe(at.now + 80 * hour);
  const place = at.now + 7 * hour;
  const queued = after(first, { kind: "rate-limited", notBefore: place, exact: true }, at);
  expect(queued.notBefore).toBe(place);
  const kept = keep(queued, later(at, hour));
  expect(kept.notBefore).toBe(place);
  const nextRun = begin(kept.memory, { ...at, now: place - 10 * minute, awake: 0 });
  expect(nextRun.notBefore).toBe(place);
  const missed = { ...at, now: place + 5 * minute, awake: 0 };
  expect(begin(kept.memory, missed).notBefore).toBe(missed.now);
  const turned = later(at, 7 * hour);
  expect(
    after(keep(kept, turned), { kind: "rate-limited", notBefore: turned.now + minute }, turned).memory,
  ).toMatchObject({ exact: false, window: expect.any(Number) });
});

test("a token that cost a call is worth three quick attempts while it lasts, then the next window", () => {
  const first = begin(undefined, context);
  let at = later(context, wait(first));
  let schedule = first;
  const waits: number[] = [];
  for (let n = 0; n < 4; n++) {
    schedule = after(schedule, { ...refused, paidUntil: at.now + hour }, at);
    waits.push(schedule.notBefore - at.now);
    at = later(at, schedule.notBefore - at.now);
  }
  expect(waits.slice(0, 3)).toEqual([minute, minute, minute]);
  expect(schedule.memory).toMatchObject({ window: 1, quick: 0 });
  expect(after(first, { ...refused, paidUntil: context.now + ownPlace }, later(context, ownPlace)).memory.window).toBe(
    1,
  );
});

test("an early attempt that is refused does not cost the device its turn", () => {
  const hasty = begin(undefined, paceContext({ immediate: true }));
  expect(hasty.unhurried - context.now).toBe(ownPlace);
  expect(wait(after(hasty, refused, context))).toBe(ownPlace);
});

test("never earlier than the headers say, and never more than a day later", () => {
  const arbitraryEvent = fc.record({
    notBefore: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 }), { nil: undefined }),
    kind: fc.constantFrom("rate-limited", "transient"),
  });
  fc.assert(
    fc.property(arbitraryEvent, fc.nat({ max: 200_000 }), (event, fleetSize) => {
      const settings = paceContext({ fleetSize: fleetSize + 1 });
      const first = begin(undefined, settings);
      const now = later(settings, wait(first));
      const next = after(first, event, now);
      const bound = Math.min(event.notBefore ?? 0, now.now + 24 * hour);
      expect(next.notBefore).toBeGreaterThanOrEqual(bound);
    }),
  );
});

test("failures that are not 429 double the back-off up to its bound and leave the window alone", () => {
  const certain = paceContext({ immediate: true, random: () => 0.999_999 });
  let now = certain;
  let schedule = begin(undefined, { ...certain, splay: 0 });
  const waits: number[] = [];
  for (let n = 0; n < 12; n++) {
    schedule = after(schedule, { kind: "transient", notBefore: undefined }, { ...now, splay: 0 });
    waits.push(Math.round((schedule.notBefore - now.now) / 1000));
    now = later(now, schedule.notBefore - now.now);
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  expect(schedule.memory.window).toBe(0);
});

test("the next run continues the schedule; time that the device was off does not count", () => {
  const fleet = paceContext({ fleetSize: 10_000 });
  const first = keep(begin(undefined, fleet), later(fleet, 10 * minute));
  const left = first.notBefore - later(fleet, 10 * minute).now;
  const sameDay = { ...fleet, now: fleet.now + 3 * hour };
  expect(begin(first.memory, sameDay).notBefore - sameDay.now).toBe(left);
  const soon = { ...fleet, now: fleet.now + 25 * minute };
  expect(begin(first.memory, soon).notBefore - soon.now).toBe(left - 15 * minute);
});

test("a device that is on for 20 minutes a day passes as many windows in a day as others", () => {
  const fleet = paceContext({ fleetSize: 10_000, slot: 0.9 });
  const due = 0.9 * 1.75 * 1000 * minute;
  let schedule = begin(undefined, fleet);
  let days = 0;
  for (let now = fleet; wait(schedule, now) > 20 * minute; days++) {
    schedule = keep(schedule, later(now, 20 * minute));
    now = { ...fleet, now: fleet.now + (days + 1) * 24 * hour };
    schedule = begin(schedule.memory, now);
  }
  expect(days).toBe(Math.floor(due / (8 * hour)));
});

test("a clock that jumps never makes the wait longer than the window", () => {
  // The rest of the first window and the second one.
  const maxWait = windowAt(0, 0, context).width + windowAt(1, 0, context).width;
  const jump = fc.integer({ min: -4e12, max: 4e12 });
  fc.assert(
    fc.property(jump, fc.nat(20 * hour), fc.boolean(), (jumped, passed, sameRun) => {
      const held = { kind: "rate-limited", notBefore: context.now + 2 * minute } as const;
      const schedule = after(begin(undefined, context), held, context);
      const now = { ...context, now: Math.max(0, context.now + jumped), awake: passed };
      const next = sameRun ? keep(schedule, now) : begin(schedule.memory, now);
      expect(next.notBefore - now.now).toBeLessThanOrEqual(maxWait);
    }),
  );
});

test("other settings start a new schedule, but a pause that the server asked for remains", () => {
  const pause = context.now + 20 * minute;
  const schedule = after(begin(undefined, context), { kind: "rate-limited", notBefore: pause }, context);
  const changed = begin(schedule.memory, paceContext({ fleetSize: 10, slot: 0 }));
  expect(changed.memory.window).toBe(0);
  expect(changed.notBefore).toBe(pause);
});

test("a network that comes back cuts a back-off short, and the next ones are short again; the device's place remains", () => {
  const failed = { kind: "transient", notBefore: undefined } as const;
  let schedule = begin(undefined, { ...context, immediate: true });
  for (let n = 0; n < 20; n++) schedule = after(schedule, failed, { ...context, immediate: true });
  expect(wait(schedule)).toBe(450_000);
  const back = reconnected(schedule, { ...context, immediate: true });
  expect(wait(back)).toBe(2500);
  expect(wait(after(back, failed, { ...context, immediate: true }))).toBe(2000);
  expect(wait(reconnected(schedule, context))).toBe(ownPlace);
});
