import { day } from "../duration.ts";
import type { RawResponse } from "../network/exchange.ts";
import { httpDate } from "./http-date.ts";

/** What an answer's headers say of the account's shared limit. */
export interface RateLimitReport {
  /** Calls per period: `X-RateLimit-Limit`. */
  readonly limit: number | undefined;
  /** Calls left in this period: `X-RateLimit-Remaining`. */
  readonly remaining: number | undefined;
  /**
   * Wall-clock milliseconds before which a refused call should not be made again: the later of
   * `X-RateLimit-Reset-Time` and `Retry-After`, at most {@link longestWait} from now. Undefined where neither says so.
   */
  readonly notBefore: number | undefined;
  /** Whether `notBefore` is this device's own place in a gateway's queue: `X-LinkUser-Place: exact`. */
  readonly exact: boolean;
}

/**
 * 24 hours in milliseconds: no answer can silence this device for longer.
 * @internal
 */
export const longestWait = day;

/** Seconds above this are an epoch time (it is in 2001), below it a delay (it is 31 years). */
const smallestEpoch = 1_000_000_000;

/**
 * Reads the vendor's `X-RateLimit-*` headers and `Retry-After` (RFC 9110 10.2.3). What can't be read counts as missing.
 * A point in time is measured against the answer's own `Date`, so that a wrong clock on this machine does no harm.
 * @param now wall-clock milliseconds at which the answer came
 */
export function readRateLimit(headers: RawResponse["headers"], now: number): RateLimitReport {
  const serverNow = httpDate(headers["date"]) ?? now;
  const after = retryAfter(headers["retry-after"], serverNow);
  const exact = headers["x-linkuser-place"]?.trim().toLowerCase() === "exact" && after !== undefined && after > 0;
  const reset = exact ? undefined : headers["x-ratelimit-reset-time"];
  const delays = [
    ...numbers(reset).map((seconds) => (seconds > smallestEpoch ? seconds * 1000 - serverNow : seconds * 1000)),
    after,
  ].filter((delay): delay is number => delay !== undefined && delay > 0);
  return {
    limit: count(headers["x-ratelimit-limit"]),
    remaining: count(headers["x-ratelimit-remaining"]),
    exact,
    notBefore: delays.length === 0 ? undefined : now + Math.min(longestWait, Math.ceil(Math.max(...delays))),
  };
}

function retryAfter(value: string | undefined, serverNow: number): number | undefined {
  const seconds = numbers(value);
  if (seconds.length > 0) return Math.max(...seconds) * 1000;
  const date = httpDate(value);
  return date === undefined ? undefined : date - serverNow;
}

/** Plain decimal numbers; a header that was sent twice has several, joined by commas. */
function numbers(value: string | undefined): readonly number[] {
  return (value ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^\d{1,15}(?:\.\d{1,9})?$/.test(part))
    .map(Number);
}

function count(value: string | undefined): number | undefined {
  const [first] = numbers(value);
  return first === undefined || !Number.isInteger(first) ? undefined : first;
}
