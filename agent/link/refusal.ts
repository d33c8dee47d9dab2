import { day, describeMoment } from "../duration.ts";
import { AgentError, type ErrorCode } from "../errors.ts";
import { triggerInterval } from "../pace/trigger-interval.ts";
import type { Identity, LinkTarget } from "./ports.ts";

/** Refusals that are about this device alone. What all devices of an account meet is soon mended, and starves nobody. */
export const refusalCodes = ["device-not-found", "request-refused"] as const satisfies readonly ErrorCode[];

/** What the API was asked; other values may get another answer. */
export interface Asked extends LinkTarget {
  readonly username: string;
  readonly group: string | null;
  /** All identifiers that may be tried. */
  readonly devices: readonly string[];
}

/**
 * A refusal that asking again would not soon change. Triggers come back every quarter of an hour, and each time would
 * cost the account's shared limit a call for each identifier.
 */
export interface Refusal {
  readonly code: (typeof refusalCodes)[number];
  readonly message: string;
  readonly asked: Asked;
  /** Wall-clock milliseconds since the epoch of the first one. */
  readonly since: number;
  /** Wall-clock milliseconds before which no trigger asks again. */
  readonly until: number;
}

/** What the API is asked for this identity. */
export function askedOf({ tenant, account }: LinkTarget, { username, group, candidates }: Identity): Asked {
  return { tenant, account, username, group: group ?? null, devices: candidates.map(({ value }) => value) };
}

/** The longest pause, ms: who becomes known to the API is linked within a day or so. */
const maxPause = day;
/** Devices that were refused together come back apart. */
const spread = 0.25;

/**
 * What is to be remembered of a failure: the pause is as long as the refusals have lasted, from
 * {@link triggerInterval} to a day, and up to a quarter more or less. Undefined for a failure of another kind.
 * @param before what was remembered of the last one
 * @param random uniform in [0, 1)
 */
export function refusalOf(
  { code, message }: AgentError,
  asked: Asked,
  before: Refusal | undefined,
  now: number,
  random: number,
): Refusal | undefined {
  const kind = refusalCodes.find((one) => one === code);
  if (kind === undefined) return undefined;
  const since = before !== undefined && isSame(before.asked, asked) && before.since <= now ? before.since : now;
  const pause = Math.min(Math.max(now - since, triggerInterval), maxPause);
  const until = now + Math.round(pause * (1 - spread + 2 * spread * random));
  return { code: kind, message, asked, since, until };
}

/** The refusal that still stands: the same was asked and it is too early to ask again. Undefined where it does not. */
export function standingRefusal(refusal: Refusal | undefined, asked: Asked, now: number): AgentError | undefined {
  if (refusal === undefined || !isSame(refusal.asked, asked)) return undefined;
  const { code, message, since, until } = refusal;
  // A clock that was set tells nothing about the pause.
  const left = until - now;
  if (now < since || left <= 0 || left > maxPause * (1 + spread)) return undefined;
  return new AgentError(code, `${message} Triggers ask again after ${describeMoment(until)}.`);
}

function isSame(one: Asked, other: Asked): boolean {
  const texts = ({ tenant, account, username, group, devices }: Asked) => [
    tenant,
    account,
    username,
    group,
    ...devices,
  ];
  const [before, now] = [texts(one), texts(other)];
  return before.length === now.length && before.every((text, at) => text === now[at]);
}
