import type { Clock } from "../../clock.ts";
import { AgentError } from "../../errors.ts";
import type { AskVendorClient } from "../../identity/survey.ts";
import type { Platform } from "../../platform/port.ts";
import { failed, type Reading } from "../../reading.ts";
import { bounded } from "../bounded.ts";

/** The look-ups of a survey, by the port's names; `vendorClient` is the question to the vendor's local API. */
type LookUp =
  | "vendorClient"
  | "vendorDeviceId"
  | "reportedDeviceId"
  | "adapters"
  | "hardwareIds"
  | "sessions"
  | "caller"
  | "account"
  | "accountByName"
  | "principalName"
  | "groups";

/** What one look-up said, and how long all of its calls took. */
export interface Observation {
  readonly readings: readonly Reading<unknown>[];
  /** Milliseconds. */
  readonly elapsedMs: number;
}

/** A platform whose answers and times are kept, each call ended by a limit. */
export interface Observed {
  readonly platform: Platform;
  readonly askVendorClient: AskVendorClient;
  /** Undefined where it was not asked. */
  of(lookUp: LookUp): Observation | undefined;
  /** Of several together. */
  elapsed(...lookUps: readonly LookUp[]): number;
}

/** @param limit milliseconds for one call; a later one counts as failed */
export function observe(platform: Platform, askVendorClient: AskVendorClient, clock: Clock, limit: number): Observed {
  const observations = new Map<LookUp, Observation>();

  function timed<A extends readonly unknown[], T>(
    name: LookUp,
    look: (...args: A) => Promise<T>,
    wrap: (reading: Reading<never>) => T,
    readingsOf: (answer: T) => readonly Reading<unknown>[],
  ): (...args: A) => Promise<T> {
    const late = () => wrap(failed(name, tooSlow(name, limit)));
    return async (...args) => {
      const started = clock.monotonic();
      const answer = await bounded(look(...args), limit, clock, late);
      const before = observations.get(name) ?? { readings: [], elapsedMs: 0 };
      observations.set(name, {
        readings: [...before.readings, ...readingsOf(answer)],
        elapsedMs: before.elapsedMs + clock.monotonic() - started,
      });
      return answer;
    };
  }

  function one<A extends readonly unknown[], T>(name: LookUp, look: (...args: A) => Promise<Reading<T>>) {
    return timed<A, Reading<T>>(
      name,
      look,
      (reading) => reading,
      (reading) => [reading],
    );
  }

  return {
    platform: {
      ...platform,
      adapters: one("adapters", () => platform.adapters()),
      hardwareIds: timed(
        "hardwareIds",
        () => platform.hardwareIds(),
        (reading) => [reading],
        (readings) => readings,
      ),
      vendorDeviceId: one("vendorDeviceId", (place?: string) => platform.vendorDeviceId(place)),
      sessions: one("sessions", () => platform.sessions()),
      caller: one("caller", () => platform.caller()),
      account: one("account", (key: string) => platform.account(key)),
      accountByName: one("accountByName", (name: string) => platform.accountByName(name)),
      groups: one("groups", (account) => platform.groups(account)),
      ...(platform.reportedDeviceId && { reportedDeviceId: one("reportedDeviceId", platform.reportedDeviceId) }),
      ...(platform.principalName && { principalName: one("principalName", platform.principalName) }),
    },
    askVendorClient: one("vendorClient", askVendorClient),
    of: (lookUp) => observations.get(lookUp),
    elapsed: (...lookUps) => lookUps.reduce((sum, lookUp) => sum + (observations.get(lookUp)?.elapsedMs ?? 0), 0),
  };
}

const names: Readonly<Record<LookUp, string>> = {
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
};

function tooSlow(lookUp: LookUp, limit: number): AgentError {
  return new AgentError("identity-unreadable", `${names[lookUp]} did not come within ${limit / 1000} s.`);
}
