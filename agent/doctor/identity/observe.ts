import type { Clock } from "../../clock.ts";
import { AgentError } from "../../errors.ts";
import type { AskVendorClient } from "../../identity/survey.ts";
import type { Platform } from "../../platform/port.ts";
import { failed, type Reading } from "../../reading.ts";
import { bounded } from "../bounded.ts";

/** The look-ups of a survey by the port's names, and `vendorClient`, the question to its local API; each begins a message. */
const lookUps = {
  vendorClient: "The vendor's client",
  vendorDeviceId: "The vendor client's files",
  reportedDeviceId: "The firmware's UUID",
  adapters: "The list of network adapters",
  hardwareIds: "The hardware's identifiers",
  sessions: "The list of sessions",
  caller: "The user of this run",
  account: "The user's account",
  accountByName: "The named account",
  principalName: "The user's UPN",
  groups: "The user's groups",
} as const;

export type SurveyLookUp = keyof typeof lookUps;

/** The answers of one look-up, and the time of all its calls. */
interface Observation {
  readonly readings: readonly Reading<unknown>[];
  /** Milliseconds. */
  readonly elapsedMs: number;
}

/**
 * A platform that records answers and times, and limits each call.
 * @param limit milliseconds for one call; a later one counts as failed
 */
export function observe(platform: Platform, askVendorClient: AskVendorClient, clock: Clock, limit: number) {
  const observations = new Map<SurveyLookUp, Observation>();
  const timed = <L extends (...args: never[]) => Promise<Answer>>(name: SurveyLookUp, look: L): L => {
    const late = failed(name, tooSlow(name, limit));
    const observed = async (...args: never[]): Promise<Answer> => {
      const started = clock.monotonic();
      const answer = await bounded(look(...args), limit, clock, () => (name === "hardwareIds" ? [late] : late));
      const { readings, elapsedMs } = observations.get(name) ?? { readings: [], elapsedMs: 0 };
      const elapsed = elapsedMs + clock.monotonic() - started;
      observations.set(name, { readings: [...readings, answer].flat(), elapsedMs: elapsed });
      return answer;
    };
    return observed as L;
  };
  const given = Object.entries(platform).map(([name, value]) => [name, isLookUp(name) ? timed(name, value) : value]);
  return {
    platform: Object.fromEntries(given) as Platform,
    askVendorClient: timed("vendorClient", askVendorClient),
    /** Undefined if it was not asked. */
    of: (lookUp: SurveyLookUp) => observations.get(lookUp),
    /** Of several together. */
    elapsed: (...names: readonly SurveyLookUp[]): number =>
      names.reduce((sum, name) => sum + (observations.get(name)?.elapsedMs ?? 0), 0),
  };
}

type Answer = Reading<unknown> | readonly Reading<unknown>[];

const isLookUp = (name: string): name is SurveyLookUp => Object.hasOwn(lookUps, name);

function tooSlow(lookUp: SurveyLookUp, limit: number): AgentError {
  return new AgentError("identity-unreadable", `${lookUps[lookUp]} did not come within ${limit / 1000} s.`);
}
