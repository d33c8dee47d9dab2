import { day, describeMoment, hour } from "../duration.ts";
import { AgentError, type ErrorCode, outcomeByCode } from "../errors.ts";
import type { FailureOutcome } from "../exit-codes.ts";
import { triggerInterval } from "../pace/trigger-interval.ts";
import type { Identity, LinkTarget } from "./ports.ts";

/** The values of a request; other values may get another answer. */
export interface Asked extends LinkTarget {
  readonly username: string;
  readonly group: string | null;
  /** All identifiers that may be tried. */
  readonly devices: readonly string[];
  /** See `LinkPorts.circumstances`; undefined if version 0.1.0 remembered it. */
  readonly circumstances?: string | undefined;
}

/**
 * A refusal that asking again would not soon change. Triggers start a run every quarter of an hour, and each time would
 * cost the account's shared limit a call for the token and one for each identifier, or a proxy's account an attempt.
 */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly asked: Asked;
  /** Wall-clock milliseconds since the epoch of the first one. */
  readonly since: number;
  /** Wall-clock milliseconds before which no trigger asks again. */
  readonly until: number;
}

export function askedOf({ target, identity, circumstances }: Question): Asked {
  const { username, group = null, candidates } = identity;
  return { ...target, username, group, devices: candidates.map(({ value }) => value), circumstances };
}

interface Question {
  readonly target: LinkTarget;
  readonly identity: Identity;
  readonly circumstances: string;
}

interface Pause {
  /** Ms. */
  readonly min: number;
  /** The random share of a pause: devices that were refused together retry at different times. */
  readonly spread: number;
}

const ofThisDevice: Pause = { min: triggerInterval, spread: 0.25 };
/** It affects all devices of an account at once. */
const ofTheAccount: Pause = { min: 2 * hour, spread: 0.5 };

const pauses: Partial<Readonly<Record<FailureOutcome, Pause>>> = {
  "device-unknown": ofThisDevice,
  "request-rejected": ofThisDevice,
  protocol: ofTheAccount,
  credentials: ofTheAccount,
};

/**
 * Faults of the network that a person can fix: a captive portal, TLS inspection or an impostor, a wrong clock. They
 * come before any call, so that another attempt costs the account nothing: an unattended run waits for their end. An
 * attended run ends at once.
 */
export const fixable: readonly ErrorCode[] = ["intercepted", "tls-untrusted"];

/** A proxy refused a log-on that it got: a directory locks an account after a few. */
export const isRefusedLogOn = ({ code, place }: AgentError): boolean =>
  code === "proxy-refused" && place?.stage === "proxy log-on";

function pauseAfter(error: AgentError): Pause | undefined {
  if (isRefusedLogOn(error)) return ofThisDevice;
  return fixable.includes(error.code) ? undefined : pauses[error.outcome];
}

/** Ms; a change at the server is found within about a day. */
const maxPause = day;

export function isRefusalCode(code: ErrorCode): boolean {
  return code === "proxy-refused" || (pauses[outcomeByCode[code]] !== undefined && !fixable.includes(code));
}

/**
 * The memory of a failure: the pause is as long as the refusals have lasted, from a quarter of an hour or two hours to
 * a day. Undefined for a failure of another kind.
 * @param before what was remembered of the last one
 * @param random uniform in [0, 1)
 */
export function refusalOf(
  error: AgentError,
  asked: Asked,
  before: Refusal | undefined,
  now: number,
  random: number,
): Refusal | undefined {
  const { code, message } = error;
  const pause = pauseAfter(error);
  if (pause === undefined) return undefined;
  const since = before !== undefined && isSame(before, code, asked) && before.since <= now ? before.since : now;
  const length = Math.min(Math.max(now - since, pause.min), maxPause);
  const until = now + Math.round(length * (1 - pause.spread + 2 * pause.spread * random));
  return { code, message, asked, since, until };
}

/** The refusal that still applies because the same call would be too early; undefined if none does. */
export function standingRefusal(refusal: Refusal | undefined, asked: Asked, now: number): AgentError | undefined {
  if (refusal === undefined || !isSame(refusal, refusal.code, asked)) return undefined;
  const { code, message, since, until } = refusal;
  // A clock that was set says nothing about the pause.
  const left = until - now;
  if (now < since || left <= 0 || left > maxPause * (1 + ofTheAccount.spread)) return undefined;
  return new AgentError(code, `${message} Triggers ask again after ${describeMoment(until)}.`);
}

/** A proxy's log-on does not depend on the user to link: otherwise users who log on in turn would lock its account. */
function isSame(before: Refusal, code: ErrorCode, now: Asked): boolean {
  if ((before.code === "proxy-refused") !== (code === "proxy-refused")) return false;
  const texts = ({ tenant, account, username, group, devices, circumstances }: Asked) =>
    JSON.stringify(
      code === "proxy-refused" ? circumstances : [tenant, account, username, group, circumstances, devices],
    );
  return texts(before.asked) === texts(now);
}
