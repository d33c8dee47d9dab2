import { day, hour, minute } from "../duration.ts";
import type { RateLimit } from "../settings/kinds.ts";
import { EventQueue } from "./event-queue.ts";
import type { Limiter } from "./limiter.ts";
import type { PaceMemory } from "./pace-memory.ts";
import { after, begin, keep, type PaceContext, type PaceEvent, type Schedule, usesPaidToken } from "./pacer.ts";
import { seededRandom } from "./seeded-random.ts";

/** A fleet with the real schedule, and the server that it calls. Times are ms from the start. */
export interface Rollout {
  readonly devices: number;
  readonly rateLimit: RateLimit;
  /** As configured on the devices. */
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
  /** When a device is on, on the day that begins at `midnight`; then it is switched off without notice. */
  readonly session: (device: number, midnight: number, random: () => number) => { begins: number; ends: number };
  /** The server's answer to a call; undefined if it is accepted. */
  readonly answer: (now: number) => PaceEvent | undefined;
  /** Whether getting a token costs a call of the limit. */
  readonly tokenCalls: boolean;
  /** A gateway before the limit gives each refused device its own place in a queue. */
  readonly gateway: boolean;
  /** The simulation ends here though devices are left. */
  readonly horizon: number;
  readonly seed: number;
}

export interface RolloutResult {
  /** When devices were linked, in order. */
  readonly linkedAt: Float64Array;
  /** Calls, refused ones included. */
  readonly calls: number;
}

type Size = Pick<Rollout, "devices" | "rateLimit" | "tokenCalls">;

/** The lower bound: every call of the limit is used and accepted, ms. */
export const leastTime = ({ devices, rateLimit, tokenCalls }: Size): number =>
  (devices * (tokenCalls ? 2 : 1) * rateLimit.period) / rateLimit.calls;

/** The answers of a server with this limit. */
export const answersBy =
  (limiter: Limiter): Rollout["answer"] =>
  (now) =>
    limiter.accept(now) ? undefined : { kind: "rate-limited", notBefore: limiter.resetAt(now) };

/** The share of the limit that the gateway uses: the rest allows for clock differences. */
const gatewayPace = 0.95;
/** A token is good for this long (the API's `expires_in`). */
const tokenLife = hour;
/** The signs of life of a waiting run. */
const beat = 15 * minute;

/** Lets a fleet of the real schedule meet a rate limit in virtual time: one event for each attempt of each device. */
export function simulate(rollout: Rollout): RolloutResult {
  const { devices, rateLimit, fleetSize, splay } = rollout;
  const random = seededRandom(rollout.seed);
  const server = serverOf(rollout);
  const events = new EventQueue(devices);
  const schedules: (Schedule | undefined)[] = new Array(devices).fill(undefined);
  const memories: (PaceMemory | undefined)[] = new Array(devices).fill(undefined);
  const slots = new Float64Array(devices).map(random);
  const sessionEnd = new Float64Array(devices);
  const linkedAt = new Float64Array(devices);
  let linked = 0;

  const logOn = (device: number, midnight: number): void => {
    const { begins, ends } = rollout.session(device, midnight, random);
    sessionEnd[device] = ends;
    events.push(begins, device);
  };
  const contextAt = (device: number, now: number): PaceContext => ({
    now,
    awake: now,
    random,
    slot: slots[device] as number,
    immediate: false,
    rateLimit,
    fleetSize,
    splay,
    retryInitialDelay: 2000,
    retryMaxDelay: 15 * minute,
  });
  const enqueue = (device: number, schedule: Schedule, now: number): void => {
    schedules[device] = schedule;
    // Only a quick attempt uses the token again: nothing is kept over longer waits.
    if (!usesPaidToken(schedule)) server.forgetToken(device);
    const next = Math.max(now, schedule.notBefore);
    const end = sessionEnd[device] as number;
    events.push(end === Infinity ? next : Math.min(next, now + beat, end), device);
  };

  for (let device = 0; device < devices; device++) logOn(device, 0);
  for (let now = events.time; now !== undefined && now <= rollout.horizon; now = events.time) {
    const device = events.pop() as number;
    const context = contextAt(device, now);
    const schedule = schedules[device];
    if (schedule === undefined) {
      enqueue(device, begin(memories[device], context), now);
    } else if (now >= (sessionEnd[device] as number)) {
      // What was kept at the last sign of life remains.
      memories[device] = schedule.memory;
      schedules[device] = undefined;
      logOn(device, Math.floor(now / day + 1) * day);
    } else if (now < schedule.notBefore) {
      enqueue(device, keep(schedule, context), now);
    } else {
      const refused = server.attempt(device, now);
      if (refused === undefined) linkedAt[linked++] = now;
      else enqueue(device, after(schedule, refused, context), now);
    }
  }
  return { linkedAt: linkedAt.subarray(0, linked), calls: server.calls };
}

/** The server, and the gateway before it, if there is one. */
function serverOf({ devices, rateLimit, answer, gateway, tokenCalls }: Rollout) {
  const placeFor = gateway ? gatewayQueue(rateLimit, devices) : undefined;
  const tokenUntil = new Float64Array(devices);
  const server = {
    calls: 0,
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
  const call = (device: number, now: number): PaceEvent | undefined => {
    server.calls++;
    const place = placeFor?.(device, now);
    return place === undefined ? answer(now) : { kind: "rate-limited", notBefore: place, exact: true };
  };
  return server;
}

/**
 * The gateway's places: consecutive, at a fraction of the limit's pace. A device that comes up to its grace after its
 * place is served.
 */
function gatewayQueue({ calls, period }: RateLimit, devices: number) {
  const gap = period / calls / gatewayPace;
  const grace = 2 * period;
  const places = new Float64Array(devices).fill(-Infinity);
  let next = 0;
  /** The device's place if it is still ahead; undefined if its call is passed on. */
  return (device: number, now: number): number | undefined => {
    let place = places[device] as number;
    if (now > place + grace) {
      place = Math.max(next, now);
      places[device] = place;
      next = place + gap;
    }
    return place > now ? place : undefined;
  };
}
