import { day, describeDuration } from "../duration.ts";
import type { RateLimit } from "../settings/kinds.ts";
import { maxGap, paceOf, seen } from "./online-time.ts";
import type { PaceMemory } from "./pace-memory.ts";
import { firstWidth, isSized, maxWidth, minRest, type Window, windowAt } from "./windows.ts";

/**
 * When to make the next attempt. Everything here is pure: time, chance and memory come in, a decision goes out; waiting is in
 * `link/`. Times are wall-clock milliseconds since the epoch, lengths are milliseconds.
 *
 * Time is divided into windows that lie end to end. The device has the same place in each, by a hash of its identifier,
 * and makes one attempt there; a 429 leads to the next window. So the gaps between a device's attempts, and between
 * devices, stay even. Windows advance with the time that the device is on.
 */
export interface PaceContext {
  readonly now: number;
  /** How long the device has been awake in this run, ms, from any start; never goes back. See `awakeTime`. */
  readonly awake: number;
  /** Uniform in [0, 1); Math.random outside tests. */
  readonly random: () => number;
  /** Fixed for the device, uniform in [0, 1) over a fleet; chooses its slot. See `slotOf`. */
  readonly slot: number;
  /** Whether a person waits (a terminal, `--no-splay`): no attempt waits for a slot, until a 429. */
  readonly immediate: boolean;
  readonly rateLimit: RateLimit;
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
  readonly retryInitialDelay: number;
  readonly retryMaxDelay: number;
}

/** How an attempt ended, for the schedule of the next one. */
export type PaceEvent =
  /**
   * 429. `notBefore`: wall-clock lower bound from the answer's headers, where they gave one. `exact`: the place is this
   * device's own in a queue. `paidUntil`: end of the life of a token that cost a call of the limit, wall-clock.
   */
  | {
      readonly kind: "rate-limited";
      readonly notBefore: number | undefined;
      readonly exact?: boolean | undefined;
      readonly paidUntil?: number | undefined;
    }
  /** 5xx, no connection, no answer: says nothing about the shared limit. */
  | { readonly kind: "transient"; readonly notBefore: number | undefined };

/** The decision: the next attempt's moment. Its memory is kept until an attempt succeeds. */
export interface Schedule {
  readonly memory: PaceMemory;
  /** Wall-clock moment of the next attempt; already past or present where it is due. */
  readonly notBefore: number;
  /** The time of an unattended run's attempt; later than `notBefore` only in an immediate run. `reason` is why. */
  readonly unhurried: number;
  /** For people: why the next attempt is later; begins or ends a sentence. */
  readonly reason: string;
  /** `PaceContext.awake` at the last decision. */
  readonly awake: number;
}

/** Quick attempts with a token that cost a call before the next window, and the longest wait of each in periods. */
const maxQuick = 3;
const quickSpan = 2;
/** The spread of devices whose network came back: an office's devices come back together. */
const reconnectSpan = 5_000;
/** A server's requested pause is observed up to this long. */
const maxHold = day;
/** A place in a queue is kept up to this long. */
const maxQueue = 30 * day;
/** Older memory belongs to another rollout. */
const stale = 30 * day;
const noHold = 0;

/** The schedule at the start of a run. @param remembered as the last run left it, or undefined for the first */
export function begin(remembered: PaceMemory | undefined, context: PaceContext): Schedule {
  const memory = remembered === undefined ? fresh(context) : resumed(remembered, context);
  return hurried(decide(memory, context), context);
}

/**
 * A sign of life while waiting, at least every 15 minutes and at the end of the run: counts the time the device is on.
 */
export function keep(schedule: Schedule, context: PaceContext): Schedule {
  return hurried(decide(advanced(schedule, context), context), context);
}

/** The schedule after an attempt that did not get through. */
export function after(schedule: Schedule, event: PaceEvent, context: PaceContext): Schedule {
  const memory = advanced(schedule, context);
  const hold = heldUntil(event.notBefore, context.now);
  if (event.kind === "transient") {
    const ceiling = Math.min(context.retryMaxDelay, context.retryInitialDelay * 2 ** Math.min(memory.failures, 40));
    const backOff = context.now + ceiling * context.random();
    const failures = Math.min(memory.failures + 1, 1000);
    const next = { ...memory, failures, hold: Math.max(hold, backOff), asked: hold > backOff, exact: false };
    return hurried(decide(next, context), context);
  }
  const refused = { ...memory, failures: 0, hold, asked: true };
  if (event.exact === true && hold !== noHold) {
    return decide({ ...refused, hold: heldUntil(event.notBefore, context.now, maxQueue), exact: true }, context);
  }
  const soon = Math.max(hold, context.now) + context.random() * quickSpan * context.rateLimit.period;
  if (event.paidUntil !== undefined && memory.quick < maxQuick && soon < event.paidUntil) {
    return decide({ ...refused, hold: soon, exact: true, quick: memory.quick + 1 }, context);
  }
  // An attempt that did not wait for the device's own scheduled time does not use it up.
  const early = schedule.notBefore < schedule.unhurried && context.now < schedule.unhurried;
  return decide(early ? refused : nextAttempt(refused, context), context);
}

/** Whether the next attempt is a quick one with the token that was paid for. */
export const usesPaidToken = ({ memory }: Schedule): boolean => memory.exact && memory.quick > 0;

/** The schedule after a network came back during a wait for it: the wait is cut short. */
export function reconnected(schedule: Schedule, context: PaceContext): Schedule {
  const memory = advanced(schedule, context);
  const hold = Math.min(memory.hold, context.now + reconnectSpan * context.random());
  return hurried(decide({ ...memory, hold, asked: false, failures: Math.min(memory.failures, 1) }, context), context);
}

/** The schedule of a run in a terminal: it ignores earlier failures and tries at once. */
export function withoutBackOff(remembered: PaceMemory): PaceMemory {
  return remembered.asked ? remembered : { ...remembered, hold: noHold, failures: 0 };
}

/** A run in a terminal does not wait for its slot. */
function hurried(schedule: Schedule, { immediate, now }: PaceContext): Schedule {
  if (!immediate) return schedule;
  const { hold } = schedule.memory;
  const notBefore = Math.min(schedule.notBefore, Math.max(now, hold));
  return { ...schedule, notBefore, reason: hold > now ? heldReason(schedule.memory) : schedule.reason };
}

function fresh(context: PaceContext): PaceMemory {
  const { now, slot } = context;
  const { width, place } = windowAt(0, slot, context);
  return {
    version: 2,
    basis: width,
    window: 0,
    passed: 0,
    offset: place,
    hold: noHold,
    asked: false,
    exact: false,
    quick: 0,
    failures: 0,
    seenAt: now,
    dayAt: now,
    dayOnline: 0,
    usualDay: null,
  };
}

function resumed(remembered: PaceMemory, context: PaceContext): PaceMemory {
  const { now } = context;
  const gap = now - remembered.seenAt;
  const start = fresh(context);
  if (gap > stale) return start;
  // If the clock was set back, the pause moves with it: the rest is the rest at the last look.
  const left = remembered.hold - Math.max(remembered.seenAt, now);
  const until = gap < 0 ? now + (remembered.hold - remembered.seenAt) : remembered.hold;
  const hold = left <= 0 ? noHold : heldUntil(until, now, remembered.exact ? maxQueue : maxHold);
  const elapsed = gap >= 0 && gap <= maxGap ? gap : 0;
  const { online, windowTime } = seen(remembered, now, elapsed);
  if (remembered.basis !== start.basis) return { ...start, ...online, hold, asked: remembered.asked };
  return caughtUp({ ...remembered, ...online, hold, passed: remembered.passed + windowTime }, context);
}

/** A device that was off at its scheduled time takes its place in the next window that has not passed it. */
function caughtUp(memory: PaceMemory, context: PaceContext): PaceMemory {
  if (memory.exact || memory.passed <= memory.offset + maxGap) return memory;
  return inLaterWindow(memory, 1, context);
}

/** Counts the time since the last decision of this run. */
function advanced({ memory, awake }: Schedule, context: PaceContext): PaceMemory {
  const elapsed = Math.max(0, context.awake - awake);
  const wall = context.now - memory.seenAt;
  const { online, windowTime } = seen(memory, context.now, elapsed);
  const hold = wall < 0 && memory.hold !== noHold ? memory.hold + wall : memory.hold;
  return {
    ...memory,
    ...online,
    hold: Math.max(noHold, hold),
    passed: memory.passed + windowTime,
  };
}

function heldUntil(moment: number | undefined, now: number, max = maxHold): number {
  return moment === undefined || !(moment > now) ? noHold : Math.min(moment, now + max);
}

/** After a 429: the rest of a span that was measured for the fleet, if enough of it is left, else the next window. */
function nextAttempt(memory: PaceMemory, context: PaceContext): PaceMemory {
  const { rateLimit, now, random } = context;
  const pace = paceOf(memory);
  const held = Math.max(0, memory.hold - now);
  const from = memory.passed + held * pace;
  if (memory.window === 0 && isSized(context)) {
    const width = firstWidth(context);
    if (width - from >= minRest(context))
      return { ...memory, exact: false, quick: 0, offset: from + random() * (width - from) };
  }
  // A limit that is reached early in its period is far exceeded: skip one more window.
  const left = held / rateLimit.period;
  const next = inLaterWindow({ ...memory, exact: false, quick: 0 }, left > 0.7 && left < 0.9 ? 2 : 1, context);
  const reset = next.passed + held * pace;
  // Not exactly the headers' moment, which all other devices would choose, too.
  return next.offset >= reset ? next : { ...next, offset: reset + random() * 2 * rateLimit.period * pace };
}

/** Part of a window over which an attempt is scattered around the device's place: without it, neighbours collide. */
const scatter = 0.12;

/** Advances by so many windows, and further while the device's scheduled time in the window has passed. */
function inLaterWindow(memory: PaceMemory, steps: number, context: PaceContext): PaceMemory {
  const { slot } = context;
  let { window, passed } = memory;
  let offset: number;
  do {
    passed -= windowAt(window, slot, context).width;
    offset = offsetIn(windowAt(++window, slot, context), context);
  } while (window < 1000 && (--steps > 0 || offset < passed));
  return { ...memory, window: Math.min(window, 1000), passed: Math.max(passed, -maxWidth), offset };
}

function offsetIn({ width, place }: Window, context: PaceContext): number {
  // Later windows of a known fleet are short, for the few devices that chance left over.
  if (isSized(context)) return width * context.random();
  const offset = place + scatter * width * (context.random() - 0.5);
  return offset < 0 ? -offset : offset > width ? 2 * width - offset : offset;
}

function decide(memory: PaceMemory, context: PaceContext): Schedule {
  const { now, awake } = context;
  const own = now + Math.max(0, memory.offset - memory.passed) / paceOf(memory);
  const moment = memory.exact ? now : own;
  const notBefore = Math.max(moment, memory.hold);
  return {
    memory,
    notBefore,
    unhurried: notBefore,
    get reason() {
      return memory.hold > moment ? heldReason(memory) : windowReason(memory, context);
    },
    awake,
  };
}

function heldReason({ asked }: PaceMemory): string {
  return asked
    ? "the server asked for this pause"
    : "the server could not be reached or returned an error; each wait is longer than the last";
}

function windowReason(memory: PaceMemory, context: PaceContext): string {
  const span = describeDuration(windowAt(memory.window, context.slot, context).width);
  if (memory.window > 0) return `the shared limit was reached; this device's turn comes within the next ${span}`;
  if (context.splay === undefined && context.fleetSize !== undefined) {
    return `this device's turn comes within the ${span} that ${context.fleetSize} devices need`;
  }
  return `this device's turn comes within the first ${span}`;
}
