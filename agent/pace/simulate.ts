import { day, hour, minute } from "../duration.ts";
import type { RateLimit } from "../settings/kinds.ts";
import { EventQueue } from "./event-queue.ts";
import { type LimiterModel, makeLimiter } from "./limiter.ts";
import type { PaceMemory } from "./pace-memory.ts";
import { after, begin, keep, type PaceContext, type PaceEvent, type Schedule, usesPaidToken } from "./pacer.ts";
import { seededRandom } from "./seeded-random.ts";

/** The times of the devices' first logons. */
type Logons =
  /** Uniform within `span` ms. */
  | { readonly kind: "uniform"; readonly span: number }
  /** Log-normal, like arrivals at work: half of them within `median` ms. */
  | { readonly kind: "log-normal"; readonly median: number; readonly sigma: number };

/** A class of devices by how long they are on each day, somewhere between 9 and 17 o'clock. */
interface Shift {
  /** Part of the fleet; the parts add up to 1. */
  readonly share: number;
  /** Ms a day. */
  readonly length: number;
}

export interface Rollout {
  readonly devices: number;
  readonly limit: RateLimit;
  readonly model: LimiterModel;
  readonly logons: Logons;
  /** As configured on the devices. */
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
  /** Whether getting a token costs a call of the limit. */
  readonly tokenCalls: boolean;
  /** A gateway before the limit gives each refused device its own place in a queue. */
  readonly gateway: boolean;
  /** Devices that are on for a part of the day; undefined: all stay on. */
  readonly shifts: readonly Shift[] | undefined;
  /** While it lasts, the server answers 503; ms from the first logon. */
  readonly outage: { readonly from: number; readonly to: number } | undefined;
  /** The simulation ends here though devices are left; ms. */
  readonly horizon: number;
  readonly seed: number;
}

export interface RolloutResult {
  /** When devices were linked, ms from the start, in order. */
  readonly linkedAt: Float64Array;
  /** Calls that reached the server, refused ones included. */
  readonly calls: number;
  /** The most calls within any period of the limit. */
  readonly peak: number;
}

/** The lower bound: every call of the limit is used and accepted, ms. */
export function leastTime({ devices, limit, tokenCalls }: Pick<Rollout, "devices" | "limit" | "tokenCalls">): number {
  return (devices * (tokenCalls ? 2 : 1) * limit.period) / limit.calls;
}

/** A plain rollout: everybody logs on within a minute and stays on, nothing is configured, and nothing goes wrong. */
export function plainRollout(devices: number, limit: RateLimit): Rollout {
  return {
    devices,
    limit,
    model: "fixed-window",
    logons: { kind: "uniform", span: minute },
    fleetSize: undefined,
    splay: undefined,
    tokenCalls: false,
    gateway: false,
    shifts: undefined,
    outage: undefined,
    horizon: 365 * day,
    seed: 1,
  };
}

/** The share of the limit that the gateway uses: the rest allows for clock differences. */
const gatewayPace = 0.95;
/** A token is good for this long (the API's `expires_in`). */
const tokenLife = hour;
/** The signs of life of a waiting run. */
const beat = 15 * minute;
/** Work begins at 9 in the morning and lasts for 8 hours; time counts from midnight. */
const workBegins = 9 * hour;
const workday = 8 * hour;

/** Lets a fleet of the real schedule meet a rate limit in virtual time: one event for each attempt of each device. */
export function simulate(rollout: Rollout): RolloutResult {
  const { devices, shifts } = rollout;
  const random = seededRandom(rollout.seed);
  const server = serverOf(rollout);
  const events = new EventQueue(devices);
  const schedules: (Schedule | undefined)[] = new Array(devices).fill(undefined);
  const memories: (PaceMemory | undefined)[] = new Array(devices).fill(undefined);
  const { context, at } = contextOf(rollout, random);
  const sessionEnd = new Float64Array(devices).fill(Infinity);
  const shiftLength = new Float64Array(devices).fill(Infinity);
  const linkedAt = new Float64Array(devices);
  let linked = 0;

  const logOn = (device: number, midnight: number): void => {
    const length = shiftLength[device] as number;
    const begins = shifts === undefined ? 0 : workBegins + Math.max(0, workday - length) * random();
    events.push(midnight + begins + logonAfter(rollout.logons, random), device);
  };
  const enqueue = (device: number, schedule: Schedule): void => {
    schedules[device] = schedule;
    // Only a quick attempt uses the token again: nothing is kept over longer waits.
    if (!usesPaidToken(schedule)) server.forgetToken(device);
    const next = Math.max(context.now, schedule.notBefore);
    events.push(shifts === undefined ? next : Math.min(next, context.now + beat, sessionEnd[device] as number), device);
  };

  for (let device = 0; device < devices; device++) {
    if (shifts !== undefined) shiftLength[device] = shiftOf(shifts, random());
    logOn(device, 0);
  }
  for (let now = events.time; now !== undefined && now <= rollout.horizon; now = events.time) {
    const device = events.pop() as number;
    at(device, now);
    const schedule = schedules[device];
    if (schedule === undefined) {
      sessionEnd[device] = now + (shiftLength[device] as number);
      enqueue(device, begin(memories[device], context));
    } else if (now >= (sessionEnd[device] as number)) {
      // Switched off without notice: what was kept at the last sign of life remains.
      memories[device] = schedule.memory;
      schedules[device] = undefined;
      logOn(device, Math.floor(now / day + 1) * day);
    } else if (now < schedule.notBefore) {
      enqueue(device, keep(schedule, context));
    } else {
      const event = server.attempt(device, now);
      if (event === undefined) linkedAt[linked++] = now;
      else enqueue(device, after(schedule, event, context));
    }
  }
  return { linkedAt: linkedAt.subarray(0, linked), calls: server.recent.total, peak: server.recent.peak };
}

/** One context for all devices: `at` gives it the device and the time of the event. */
function contextOf({ devices, limit, fleetSize, splay }: Rollout, random: () => number) {
  const slots = new Float64Array(devices).map(random);
  const context = {
    now: 0,
    awake: 0,
    random,
    slot: 0,
    immediate: false,
    rateLimit: limit,
    fleetSize,
    splay,
    retryInitialDelay: 2000,
    retryMaxDelay: 15 * minute,
  };
  const at = (device: number, now: number): void => {
    Object.assign(context, { now, awake: now, slot: slots[device] });
  };
  return { context: context as PaceContext, at };
}

/** The server with its limit, and the gateway before it, if there is one. */
function serverOf({ devices, limit, model, gateway, outage, tokenCalls }: Rollout) {
  const limiter = makeLimiter(model, limit);
  const queue = gateway ? new GatewayQueue(limit, devices) : undefined;
  const recent = new RecentCalls(limit.period);
  const tokenUntil = new Float64Array(devices);
  const call = (device: number, now: number): PaceEvent | undefined => {
    if (outage !== undefined && now >= outage.from && now < outage.to) {
      return { kind: "transient", notBefore: undefined };
    }
    recent.add(now);
    const place = queue?.placeFor(device, now);
    if (place !== undefined) return { kind: "rate-limited", notBefore: place, exact: true };
    return limiter.accept(now) ? undefined : { kind: "rate-limited", notBefore: limiter.resetAt(now) };
  };
  return {
    recent,
    forgetToken: (device: number): void => {
      tokenUntil[device] = 0;
    },
    /** The result of one attempt, with the call for its token if that counts; undefined: the device is linked. */
    attempt: (device: number, now: number): PaceEvent | undefined => {
      if (!tokenCalls) return call(device, now);
      if (now >= (tokenUntil[device] as number)) {
        const refused = call(device, now);
        if (refused !== undefined) return refused;
        tokenUntil[device] = now + tokenLife;
      }
      const refused = call(device, now);
      return refused?.kind === "rate-limited" ? { ...refused, paidUntil: tokenUntil[device] } : refused;
    },
  };
}

function shiftOf(shifts: readonly Shift[], chance: number): number {
  let below = 0;
  for (const { share, length } of shifts) {
    below += share;
    if (chance < below) return length;
  }
  return shifts.at(-1)?.length ?? Infinity;
}

function logonAfter(logons: Logons, random: () => number): number {
  if (logons.kind === "uniform") return logons.span * random();
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return logons.median * Math.exp(logons.sigma * normal);
}

/**
 * The gateway's places: consecutive, at a fraction of the limit's pace. A device that comes up to its grace after its
 * place is served.
 */
class GatewayQueue {
  readonly #gap: number;
  readonly #grace: number;
  readonly #places: Float64Array;
  #next = 0;

  constructor({ calls, period }: RateLimit, devices: number) {
    this.#gap = period / calls / gatewayPace;
    this.#grace = 2 * period;
    this.#places = new Float64Array(devices).fill(-Infinity);
  }

  /** The device's place if it is still ahead; undefined if its call is passed on. */
  placeFor(device: number, now: number): number | undefined {
    let place = this.#places[device] as number;
    if (now > place + this.#grace) {
      place = Math.max(this.#next, now);
      this.#places[device] = place;
      this.#next = place + this.#gap;
    }
    return place > now ? place : undefined;
  }
}

/** Counts calls, and the most of them within any one period. */
class RecentCalls {
  total = 0;
  peak = 0;
  readonly #period: number;
  #times: number[] = [];
  #from = 0;

  constructor(period: number) {
    this.#period = period;
  }

  add(now: number): void {
    this.total++;
    this.#times.push(now);
    while ((this.#times[this.#from] as number) <= now - this.#period) this.#from++;
    this.peak = Math.max(this.peak, this.#times.length - this.#from);
    if (this.#from > 4096) {
      this.#times = this.#times.slice(this.#from);
      this.#from = 0;
    }
  }
}
