import { describeDuration, hour, minute } from "../duration.ts";
import type { RawResponse } from "../network/exchange.ts";
import { printable } from "../printable.ts";
import { httpDate } from "./http-date.ts";

/**
 * The account's shared limit as the headers of an answer give it, above all of a 429; `after` in `pace/pacer.ts` acts
 * on it.
 */
export interface RateLimitReport {
  /** Calls per period: `X-RateLimit-Limit`. */
  readonly limit: number | undefined;
  /** Calls left in this period: `X-RateLimit-Remaining`. */
  readonly remaining: number | undefined;
  /**
   * Wall-clock milliseconds before which a refused call should not be made again: the latest that the headers name.
   * Undefined if none does.
   */
  readonly notBefore: number | undefined;
  /** Whether `notBefore` is this device's own place in a gateway's queue: `X-LinkUser-Place: exact`. */
  readonly exact: boolean;
  /** Headers with an implausible time, for the log; undefined if there are none. */
  readonly disbelieved: string | undefined;
}

/** Milliseconds: the vendor documents ten calls a minute. */
export const documentedPeriod = 60_000;

/** Milliseconds: two hours, the longest plausible wait for a limit, unless its period is longer. */
const maxLimitWait = 2 * 3_600_000;
const believedPeriods = 5;
/** Milliseconds: a day, for a server that announces its absence. */
const maxMaintenance = 86_400_000;
/** Milliseconds: 30 days, for a gateway's queue; 100,000 devices take a week. */
const maxQueueWait = 30 * 86_400_000;

/** Headers with a number of seconds or a moment; the vendor's, its sister products', the IETF's draft, and a proxy's. */
const resetHeaders = [
  "x-ratelimit-reset-time",
  "x-ratelimit-reset-in",
  "x-ratelimit-reset",
  "ratelimit-reset",
  "retry-after",
] as const;

/**
 * Reads the `X-RateLimit-*` headers of the vendor's page "APIs" and `Retry-After` (RFC 9110 10.2.3). Unreadable values
 * count as missing, and so does an implausible wait: longer than two hours and than a few periods of the limit. A
 * server error (5xx) may name one of up to a day, a place in a queue one of up to 30 days.
 * @param now wall-clock milliseconds at which the answer came
 * @param period milliseconds of the account's limit, as the setting `rateLimit` has it
 */
export function readRateLimit(
  { status, headers }: Pick<RawResponse, "status" | "headers">,
  now: number,
  period = documentedPeriod,
): RateLimitReport {
  const isExact = headers["x-linkuser-place"]?.trim().toLowerCase() === "exact";
  const hasPlace = isExact && headers["retry-after"] !== undefined;
  const maxWait = hasPlace
    ? maxQueueWait
    : status >= 500
      ? maxMaintenance
      : Math.max(maxLimitWait, believedPeriods * period);
  const serverNow = httpDate(headers["date"]);
  const delays: number[] = [];
  const disbelieved: string[] = [];
  for (const name of hasPlace ? (["retry-after"] as const) : resetHeaders) {
    const value = headers[name];
    if (value === undefined) continue;
    const waits = waitsIn(value, now, serverNow).filter((wait) => wait > 0);
    const credible = waits.filter((wait) => wait <= maxWait);
    delays.push(...credible);
    if (credible.length === 0 && waits.length > 0) disbelieved.push(`${name}: ${printable(value, 60)}`);
  }
  return {
    limit: count(headers["x-ratelimit-limit"]),
    remaining: count(headers["x-ratelimit-remaining"]),
    exact: hasPlace && delays.length > 0,
    notBefore: delays.length === 0 ? undefined : now + Math.ceil(Math.max(...delays)),
    disbelieved:
      disbelieved.length === 0
        ? undefined
        : `${disbelieved.join(", ")} (more than ${describeDuration(maxWait)}, which the limit can't mean)`,
  };
}

/**
 * The waits that a value may mean, milliseconds, also negative ones. A moment is compared with the answer's own `Date`,
 * so that a wrong local clock does no harm, and with the local clock, because a proxy may have set `Date`.
 */
function waitsIn(value: string, now: number, serverNow: number | undefined): readonly number[] {
  const from = (moment: number): readonly number[] => {
    const waits = [moment - (serverNow ?? now), moment - now];
    // The local clock is used only if the value makes no sense by the server's clock.
    return waits.slice(0, Math.abs(waits[0] ?? 0) <= maxLimitWait ? 1 : 2);
  };
  const date = isoMoment.test(value) ? Date.parse(value) : httpDate(value);
  if (date !== undefined) return from(date);
  const delay = delayWithUnits(value);
  if (delay !== undefined) return [delay];
  return numbers(value).flatMap((number) => (number > minEpoch ? from(momentOf(number)) : [number * 1000]));
}

/** RFC 3339, as gateways in Java write it. */
const isoMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds of `1m30s` or `4200ms`, as gateways in Go write it. */
function delayWithUnits(value: string): number | undefined {
  const [, h, m, s, ms] = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s)?(?:(\d{1,9})ms)?$/.exec(value.trim()) ?? [];
  const given = [h, m, s, ms].some((part) => part !== undefined);
  return given ? Number(h ?? 0) * hour + Number(m ?? 0) * minute + Number(s ?? 0) * 1000 + Number(ms ?? 0) : undefined;
}

/** Seconds above this are a moment (it is in 2001), below it a delay (it is 31 years). */
const minEpoch = 1_000_000_000;

/** Milliseconds since the epoch, of a moment in seconds, milliseconds, microseconds or nanoseconds. */
function momentOf(number: number): number {
  let moment = number * 1000;
  while (moment > 1000 * 100 * minEpoch) moment /= 1000;
  return moment;
}

/** Plain decimal numbers, perhaps with `s` for seconds; a header that was sent twice has several, joined by commas. */
function numbers(value: string | undefined): readonly number[] {
  return (value ?? "")
    .split(",")
    .map((part) => part.trim().replace(/(?<=\d) ?s$/i, ""))
    .filter((part) => /^\d{1,19}(?:\.\d{1,9})?$/.test(part))
    .map(Number);
}

function count(value: string | undefined): number | undefined {
  const [first] = numbers(value);
  return first === undefined || !Number.isInteger(first) ? undefined : first;
}
