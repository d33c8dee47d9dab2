import { day, hour, minute } from "../../agent/duration.ts";
import type { Limiter } from "../../agent/pace/limiter.ts";
import type { PaceEvent } from "../../agent/pace/pacer.ts";
import { answersBy, type Rollout, type RolloutResult, simulate } from "../../agent/pace/simulate.ts";
import type { RateLimit } from "../../agent/settings/kinds.ts";
import { type LimiterModel, makeLimiter } from "../fakes/limiter.ts";

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

/** A rollout as plain data, for threads. */
export interface PlainRollout extends Omit<Rollout, "session" | "answer"> {
  readonly model: LimiterModel;
  readonly logons: Logons;
  /** Devices that are on for a part of the day; undefined: all stay on. */
  readonly shifts: readonly Shift[] | undefined;
  /** While it lasts, the server answers 503; ms from the first logon. */
  readonly outage: { readonly from: number; readonly to: number } | undefined;
}

/** Everybody logs on within a minute and stays on, nothing is configured, and nothing goes wrong. */
export function plainRollout(devices: number, rateLimit: RateLimit): PlainRollout {
  return {
    devices,
    rateLimit,
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

/** @returns the calls outside of the outage, and the most of them within any period of the limit */
export function simulatePlain(rollout: PlainRollout): RolloutResult & { readonly peak: number } {
  const { model, rateLimit, outage, logons, shifts, devices } = rollout;
  const limited = watched(makeLimiter(model, rateLimit), rateLimit.period);
  const answer = answersBy(limited);
  let unanswered = 0;
  const answerInOutage = (): PaceEvent => {
    unanswered++;
    return { kind: "transient", notBefore: undefined };
  };
  const isOut = (now: number) => outage !== undefined && now >= outage.from && now < outage.to;
  const result = simulate({
    ...rollout,
    answer: (now) => (isOut(now) ? answerInOutage() : answer(now)),
    session:
      shifts === undefined
        ? (_device, _midnight, random) => ({ begins: logonAfter(logons, random), ends: Infinity })
        : inShifts(shifts, logons, devices),
  });
  return { ...result, calls: result.calls - unanswered, peak: limited.peak() };
}

/** Work begins at 9 in the morning and lasts for 8 hours; time counts from midnight. */
const workBegins = 9 * hour;
const workday = 8 * hour;

function inShifts(shifts: readonly Shift[], logons: Logons, devices: number): Rollout["session"] {
  const lengths = new Float64Array(devices);
  return (device, midnight, random) => {
    if (midnight === 0) lengths[device] = shiftOf(shifts, random());
    const length = lengths[device] as number;
    const free = Math.max(0, workday - length) * random();
    const begins = midnight + (workBegins + free) + logonAfter(logons, random);
    return { begins, ends: begins + length };
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

/** Counts the most calls within any one period. */
function watched(limiter: Limiter, period: number): Limiter & { peak(): number } {
  let times: number[] = [];
  let from = 0;
  let peak = 0;
  return {
    ...limiter,
    accept: (now) => {
      times.push(now);
      while ((times[from] as number) <= now - period) from++;
      peak = Math.max(peak, times.length - from);
      if (from > 4096) [times, from] = [times.slice(from), 0];
      return limiter.accept(now);
    },
    peak: () => peak,
  };
}
