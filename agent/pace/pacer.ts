import { day, describeDuration } from "../duration.ts";
import type { RateLimit } from "../settings/kinds.ts";
import type { PaceMemory } from "./memory.ts";
import { longestGap, paceOf, seen } from "./online-time.ts";
import { firstWidth, isSized, laterWidth, leastRest } from "./tiles.ts";

/**
 * When to try again. Everything here is pure: time, chance and memory come in, a decision goes out; what waits is in
 * `link/`. Times are wall-clock milliseconds since the epoch, lengths are milliseconds.
 *
 * Time is laid out in tiles, end to end, with one try at a chance moment in each; a 429 leads to the next tile. Tiles
 * advance with the time that the device is on.
 */
export interface PaceContext {
  readonly now: number;
  /** How long the device has been awake in this run, ms, from any start; never goes back. See `awakeTime`. */
  readonly awake: number;
  /** Uniform in [0, 1); Math.random outside tests. */
  readonly random: () => number;
  /** Fixed for the device, uniform in [0, 1) over a fleet; chooses its slot. See `slotOf`. */
  readonly slot: number;
  /** Whether a person waits (a terminal, `--no-splay`): no try waits for a slot, until a 429. */
  readonly immediate: boolean;
  readonly rateLimit: RateLimit;
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
  readonly retryInitialDelay: number;
  readonly retryMaxDelay: number;
}

/** How a try ended, as far as its repetition is concerned. */
export type PaceEvent =
  /** 429. `notBefore`: wall-clock lower bound from the answer's headers, where they gave one. */
  | { readonly kind: "rate-limited"; readonly notBefore: number | undefined }
  /** 5xx, no connection, no answer: says nothing about the shared limit. */
  | { readonly kind: "transient"; readonly notBefore: number | undefined };

/** What is decided: the next try's moment. Its memory is kept until a try succeeds. */
export interface Schedule {
  readonly memory: PaceMemory;
  /** Wall-clock moment of the next try; already past or present where it is due. */
  readonly notBefore: number;
  /**
   * The moment at which it would be if nobody waited for it; later than `notBefore` only in an immediate run. `reason`
   * is why.
   */
  readonly unhurried: number;
  /** For a person, completes "waits until …": why. */
  readonly reason: string;
  /** `PaceContext.awake` at the last decision. */
  readonly awake: number;
}

/** How closely devices follow whose network came back; an office's come back together. */
const reconnectSpan = 5_000;
/** A server's wish to be left alone is followed up to this long. */
const maxHold = day;
/** What was remembered longer ago belongs to another rollout. */
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

/** The schedule after a try that did not get through. */
export function after(schedule: Schedule, event: PaceEvent, context: PaceContext): Schedule {
  const memory = advanced(schedule, context);
  const hold = heldUntil(event.notBefore, context.now);
  if (event.kind === "transient") {
    const ceiling = Math.min(context.retryMaxDelay, context.retryInitialDelay * 2 ** Math.min(memory.failures, 40));
    const backOff = context.now + ceiling * context.random();
    const failures = Math.min(memory.failures + 1, 1000);
    const next = { ...memory, failures, hold: Math.max(hold, backOff), asked: hold > backOff };
    return hurried(decide(next, context), context);
  }
  const refused = { ...memory, failures: 0, hold, asked: true };
  // A try that nobody waited for does not use up the device's own moment.
  const early = schedule.notBefore < schedule.unhurried && context.now < schedule.unhurried;
  return decide(early ? refused : nextTry(refused, context), context);
}

/** The schedule where a network came back while a failure of the network was waited out: that wait is cut short. */
export function reconnected(schedule: Schedule, context: PaceContext): Schedule {
  const memory = advanced(schedule, context);
  const hold = Math.min(memory.hold, context.now + reconnectSpan * context.random());
  return hurried(decide({ ...memory, hold, asked: false, failures: Math.min(memory.failures, 1) }, context), context);
}

/** What a person's run goes on from: it finds out by itself whether what failed before still does. */
export function withoutBackOff(remembered: PaceMemory): PaceMemory {
  return remembered.asked ? remembered : { ...remembered, hold: noHold, failures: 0 };
}

/** Where a person waits, no slot is waited for. */
function hurried(schedule: Schedule, { immediate, now }: PaceContext): Schedule {
  if (!immediate) return schedule;
  const { hold } = schedule.memory;
  const notBefore = Math.min(schedule.notBefore, Math.max(now, hold));
  return { ...schedule, notBefore, reason: hold > now ? heldReason(schedule.memory) : schedule.reason };
}

function fresh(context: PaceContext): PaceMemory {
  const { now, slot } = context;
  const width = Math.max(1, firstWidth(context));
  return {
    version: 1,
    basis: width,
    tile: 0,
    width,
    position: 0,
    point: width === 1 ? 0 : slot * width,
    hold: noHold,
    asked: false,
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
  const anew = fresh(context);
  if (gap > stale) return anew;
  // A clock that was set back takes the pause along: what is left of it is what was left when it was last seen.
  const left = remembered.hold - Math.max(remembered.seenAt, now);
  const hold =
    left <= 0
      ? noHold
      : gap < 0
        ? heldUntil(now + (remembered.hold - remembered.seenAt), now)
        : heldUntil(remembered.hold, now);
  const elapsed = gap >= 0 && gap <= longestGap ? gap : 0;
  const { online, tileTime } = seen(remembered, now, elapsed);
  if (remembered.basis !== anew.basis) return { ...anew, ...online, hold, asked: remembered.asked };
  return caughtUp({ ...remembered, ...online, hold, position: remembered.position + tileTime }, context);
}

/** A try that the device was off for is made good in what is left of the tile that has come meanwhile. */
function caughtUp(memory: PaceMemory, context: PaceContext): PaceMemory {
  if (memory.position <= memory.point + longestGap) return memory;
  let { tile, width, position } = memory;
  while (position >= width && tile < 1000) {
    position -= width;
    width = laterWidth(++tile, context);
  }
  return { ...memory, tile, width, position, point: position + context.random() * (width - position) };
}

/** Counts the time since the last decision of this run. */
function advanced({ memory, awake }: Schedule, context: PaceContext): PaceMemory {
  const elapsed = Math.max(0, context.awake - awake);
  const wall = context.now - memory.seenAt;
  const { online, tileTime } = seen(memory, context.now, elapsed);
  const hold = wall < 0 && memory.hold !== noHold ? memory.hold + wall : memory.hold;
  return {
    ...memory,
    ...online,
    hold: Math.max(noHold, hold),
    position: memory.position + tileTime,
  };
}

function heldUntil(moment: number | undefined, now: number): number {
  return moment === undefined || !(moment > now) ? noHold : Math.min(moment, now + maxHold);
}

/** After a 429: the rest of a span that was measured for the fleet, if enough of it is left, else the next tile. */
function nextTry(memory: PaceMemory, context: PaceContext): PaceMemory {
  const pace = paceOf(memory);
  const held = Math.max(0, memory.hold - context.now) * pace;
  const from = memory.position + held;
  if (memory.tile === 0 && isSized(context) && memory.width - from >= leastRest(context)) {
    return { ...memory, point: from + context.random() * (memory.width - from) };
  }
  const tile = Math.min(memory.tile + 1, 1000);
  const width = laterWidth(tile, context);
  // Tiles lie end to end; one that is over already begins with now.
  const position = Math.min(memory.position - memory.width, 0);
  const earliest = Math.min(Math.max(0, position + held), width);
  return { ...memory, tile, width, position, point: earliest + context.random() * (width - earliest) };
}

function decide(memory: PaceMemory, context: PaceContext): Schedule {
  const { now, awake } = context;
  const moment = now + Math.max(0, memory.point - memory.position) / paceOf(memory);
  const notBefore = Math.max(moment, memory.hold);
  return {
    memory,
    notBefore,
    unhurried: notBefore,
    get reason() {
      return memory.hold > moment ? heldReason(memory) : tileReason(memory, context);
    },
    awake,
  };
}

function heldReason({ asked }: PaceMemory): string {
  return asked ? "the server asked for this pause" : "the server could not be used; waits longer each time";
}

function tileReason(memory: PaceMemory, context: PaceContext): string {
  const span = describeDuration(memory.width);
  if (memory.tile > 0) return `the shared limit was reached; takes a chance moment in the next ${span}`;
  if (context.splay === undefined && context.fleetSize !== undefined) {
    return `waits for this device's slot in the ${span} that ${context.fleetSize} devices need`;
  }
  return `waits for this device's slot in the first ${span}`;
}
