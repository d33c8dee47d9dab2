import { type ApiRequest, type RawResponse, splitBaseUrl } from "../network/exchange.ts";
import { Secret } from "../secret.ts";
import { httpDate } from "./http-date.ts";
import { type RateLimitReport, readRateLimit } from "./rate-limit-headers.ts";

/** Facts that any answer of the server shows, with any status. */
export interface Probe {
  readonly status: number;
  /** When the answer came, by this machine's clock, milliseconds since the epoch. */
  readonly now: number;
  /** The server's clock, milliseconds since the epoch; undefined if the answer does not say. */
  readonly date: number | undefined;
  readonly rateLimit: RateLimitReport;
}

/** `GET {base}/o/oauth/token`: has no effect, because that path accepts only POST, and still gets a short answer. */
export function buildProbeRequest(baseUrl: string): ApiRequest {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return { method: "GET", origin, target: new Secret(`${prefix}/o/oauth/token`), headers: {}, body: undefined };
}

/** @param now as in {@link Probe} */
export function readProbe(response: RawResponse, now: number): Probe {
  const { status, headers } = response;
  return { status, now, date: httpDate(headers["date"]), rateLimit: readRateLimit(response, now) };
}
