import { type Duration, formatDuration, minute } from "../duration.ts";
import { AgentError } from "../errors.ts";
import type { RateLimit } from "../settings/kinds.ts";
import { settingsTable } from "../settings/table.ts";
import { fixedWindow, type Limiter, slidingLog } from "./limiter.ts";
import { answersBy, leastTime, simulate } from "./simulate.ts";
import { margin } from "./windows.ts";

export interface PlanInput {
  /** 1 to {@link maxDevices}. */
  readonly devices: number;
  readonly rateLimit: RateLimit;
  /** All devices log on for the first time within this span, evenly. */
  readonly logonSpread: Duration;
  /** Whether getting a token costs a call of the limit. */
  readonly tokenCalls: boolean;
  /** The configured splay; undefined: none. */
  readonly splay?: Duration | undefined;
}

/** The largest fleet that is simulated: at the API's own limit a week of calls. */
export const maxDevices = 100_000;

/** The forecast for one choice of settings under one way of counting calls. Times are ms from the first logon. */
export interface Forecast {
  readonly half: number;
  readonly most90: number;
  readonly most99: number;
  readonly all: number;
  readonly callsPerLink: number;
  /** Part of the fleet, 0 to 1, that is linked at equal steps of time; see `PlanResult.step`. */
  readonly curve: readonly number[];
}

export interface PlanChoice {
  readonly name: string;
  /** As in the settings file; empty: nothing is set. */
  readonly settings: { readonly fleetSize?: number; readonly splay?: string; readonly auth?: "none" };
  readonly recommended: boolean;
  readonly remark: string;
  /** For a limit that counts by the minute; other ways that ignore refused calls give almost the same. */
  readonly usual: Forecast;
  /** For a limit that also counts refused calls, over the last period: the hardest case. */
  readonly hardest: Forecast;
}

/** The result of `plan`; its JSON document. */
export interface PlanResult extends PlanInput {
  /** With every call used and none refused, ms. */
  readonly least: number;
  /** Between two points of the curves, ms. */
  readonly step: number;
  readonly choices: readonly PlanChoice[];
}

/** `splay`: the setting, parsed. */
type Choice = Pick<PlanChoice, "name" | "settings" | "remark"> & { readonly splay?: Duration };

const points = 240;

/** Multiples of the minimum time after which a rollout counts as endless: the slowest one seen takes eight. */
const hopeless = 1000;

/**
 * Forecasts a rollout for each choice of settings by letting the real schedule run in virtual time. Same input, same
 * result.
 * @param begins called with the name of each choice before it is simulated
 * @throws AgentError `invalid-value` for a rollout without an end
 */
export function plan(input: PlanInput, begins: (choice: string) => void = () => {}): PlanResult {
  const least = leastTime(input);
  const runs = choicesFor(input, least).map((choice) => {
    begins(choice.name);
    const usual = linkedTimes(input, choice, fixedWindow(input.rateLimit));
    return { choice, usual, hardest: linkedTimes(input, choice, slidingLog(input.rateLimit, true)) };
  });
  const longest = Math.max(...runs.map(({ usual }) => usual.linkedAt.at(-1) ?? 0));
  const step = longest / (points - 1);
  return {
    ...input,
    least,
    step,
    choices: runs.map(({ choice: { name, settings, remark }, usual, hardest }, at) => ({
      name,
      settings,
      recommended: at === 0,
      remark,
      usual: forecast(usual, step),
      hardest: forecast(hardest, step),
    })),
  };
}

/** The recommended one first. */
function choicesFor({ devices, tokenCalls, splay }: PlanInput, least: number): readonly Choice[] {
  const span = (factor: number): Duration => (Math.ceil((least * factor) / minute) * minute) as Duration;
  const tight = span(1.25);
  // For a small fleet both would be one minute.
  const wide = Math.max(span(2.5), tight + minute) as Duration;
  // A device can't know whether its token calls count, so the setting includes them.
  const fleetSize = tokenCalls ? 2 * devices : devices;
  const known: Choice = {
    name: `fleetSize ${fleetSize}`,
    settings: { fleetSize },
    remark: `spreads first links over ${margin} times the minimum time: very few refused calls, however the server counts`,
  };
  const unset: Choice = {
    name: "nothing set",
    settings: {},
    remark: "each device finds the pace by itself, which costs refused calls in a large fleet",
  };
  const gateway: Choice = {
    name: "a gateway",
    settings: { auth: "none" },
    remark: "the gateway gives each device its turn: near the minimum time, no secret on devices",
  };
  if (splay !== undefined) {
    const set = splayed(splay, "your splay, from a flag or this machine's settings");
    return [known, unset, { ...set, name: `${set.name}, set` }];
  }
  // A small limit would need a longer splay than allowed.
  return [
    known,
    unset,
    gateway,
    splayed(tight, "spreads first links tightly: fast, unless the server also counts refused calls"),
    splayed(wide, "spreads first links widely: leaves room for other programs that use the account's limit"),
  ].filter(({ settings }) => settings.splay === undefined || isAllowed(settings.splay));
}

function splayed(splay: Duration, remark: string): Choice {
  const text = formatDuration(splay);
  return { name: `splay ${text}`, settings: { splay: text }, splay, remark };
}

const isAllowed = (splay: string): boolean => settingsTable.splay.kind.parse(splay).ok;

function linkedTimes(input: PlanInput, choice: Choice, limiter: Limiter) {
  const { devices, rateLimit, logonSpread, tokenCalls } = input;
  const { settings, splay } = choice;
  const gateway = settings.auth === "none";
  const { linkedAt, calls } = simulate({
    devices,
    rateLimit,
    fleetSize: settings.fleetSize,
    splay,
    session: (_device, _midnight, random) => ({ begins: logonSpread * random(), ends: Infinity }),
    answer: answersBy(limiter),
    // The gateway gets one token for all.
    tokenCalls: tokenCalls && !gateway,
    gateway,
    horizon: hopeless * leastTime(input) + logonSpread,
    seed: 1,
  });
  if (linkedAt.length < devices) {
    const message = `At this rate limit, a rollout to ${devices} devices never ends. Allow more calls per period with --rate-limit.`;
    throw new AgentError("invalid-value", message);
  }
  return { linkedAt, callsPerLink: calls / devices };
}

function forecast({ linkedAt, callsPerLink }: ReturnType<typeof linkedTimes>, step: number): Forecast {
  const at = (part: number): number => linkedAt[Math.ceil(linkedAt.length * part) - 1] ?? 0;
  const curve: number[] = [];
  let linked = 0;
  for (let point = 0; point < points; point++) {
    // The last point may be rounded to just before the last link.
    const until = point * step * (1 + 1e-12);
    while (linked < linkedAt.length && (linkedAt[linked] as number) <= until) linked++;
    curve.push(linked / linkedAt.length);
  }
  return { half: at(0.5), most90: at(0.9), most99: at(0.99), all: at(1), callsPerLink, curve };
}
