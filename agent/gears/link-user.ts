import { AgentError } from "../errors.ts";
import { type ApiRequest, type ExchangeContext, type RawResponse, splitBaseUrl } from "../network/exchange.ts";
import { Secret } from "../secret.ts";
import {
  type AnswerBody,
  isServerError,
  readBody,
  redirected,
  said,
  saysDeviceNotFound,
  serverFault,
  wordsOf,
  wrongBody,
} from "./answer.ts";
import { documentedPeriod, type RateLimitReport, readRateLimit } from "./rate-limit-headers.ts";

export interface LinkRequest {
  /** A MAC address or a HWID. */
  readonly value: string;
  /** 0: `value` is a MAC address; 1: a HWID. */
  readonly opt: 0 | 1;
  readonly username: string;
  /** Undefined to send none. */
  readonly group: string | undefined;
}

/** What the API said. `rateLimit` is what the headers say, whether the call was refused or not. */
export type LinkAnswer = { readonly rateLimit: RateLimitReport } & (
  | { readonly kind: "linked"; readonly message: string }
  | { readonly kind: "device-unknown" }
  | { readonly kind: "rate-limited" }
  /**
   * `token-refused`: the token is invalid or has expired; `refused`: the values, or a defect of this program;
   * `server-error`: worth another attempt.
   */
  | { readonly kind: "token-refused" | "refused" | "server-error"; readonly error: AgentError }
);

/**
 * `POST {base}/o/api/v2/devices/{value}/link_user?opt={0|1}&access_token={token}`
 * @param token undefined if a gateway adds it
 */
export function buildLinkUserRequest(baseUrl: string, request: LinkRequest, token: Secret | undefined): ApiRequest {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    method: "POST",
    origin,
    target: new Secret(`${prefix}${target(request, token && encodeURIComponent(token.reveal()))}`),
    headers: { accept: "application/json", "content-type": "application/json" },
    body: new Secret(JSON.stringify(linkBody(request))),
  };
}

/** The request of {@link buildLinkUserRequest} without the token, for `--dry-run`. */
export function describeLinkUserRequest(baseUrl: string, request: LinkRequest, auth: "auto" | "none" | "negotiate") {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    method: "POST",
    // With `access_token=REDACTED`, where one would be sent.
    url: `${origin}${prefix}${target(request, auth === "auto" ? "REDACTED" : undefined)}`,
    body: linkBody(request),
  };
}

/** The vendor's example has the colons of a MAC address bare, as RFC 3986 3.3 allows in a path. */
function target({ value, opt }: LinkRequest, token: string | undefined): string {
  const device = encodeURIComponent(value).replaceAll("%3A", ":");
  return `/o/api/v2/devices/${device}/link_user?opt=${opt}${token === undefined ? "" : `&access_token=${token}`}`;
}

const linkBody = ({ username, group }: LinkRequest): { readonly username: string; readonly group?: string } =>
  group === undefined ? { username } : { username, group };

/** Statuses that the vendor documents as final, with what they mean. */
const refusals: Readonly<Record<number, string>> = {
  400: "the values are not accepted",
  405: "the method is not accepted",
  406: "a limit is exceeded",
  413: "the request is too large",
  415: "the media type is not accepted",
};

/**
 * Reads the answer to `link_user`. The vendor does not say how the body of an error looks, so 401, 429 and 5xx count by
 * their status alone; everything else must be the documented JSON, and no captive portal's page. A refusal in another
 * form (4xx) counts if it gives a reason, except 404, which other services answer like this.
 * @param now wall-clock milliseconds at which the answer came
 * @param period as for {@link readRateLimit}
 * @throws AgentError `intercepted`, `redirected`, `not-json`, `unexpected-answer`
 */
export function readLinkUserResponse(
  response: RawResponse,
  context: ExchangeContext,
  now: number,
  period = documentedPeriod,
): LinkAnswer {
  const { status } = response;
  const { host, secrets } = context;
  if (status >= 300 && status < 400) throw redirected(response, context);
  const rateLimit = readRateLimit(response, now, period);
  const body = readBody(response);
  const message = wordsOf(body, secrets);
  if (status === 429) return { kind: "rate-limited", rateLimit };
  if (status === 401) {
    const page = body.kind === "html" ? ", with a web page that may come from a proxy" : said(message);
    const error = new AgentError("token-refused", `${refused(context)} (status 401${page}).`);
    return { kind: "token-refused", error, rateLimit };
  }
  if (isServerError(status)) return { kind: "server-error", error: serverFault(host, status, message), rateLimit };
  if (body.kind !== "object" && body.kind !== "empty") throw wrongBody(body, status, context);
  const result = resultOf(body);
  const isOurs = body.kind === "empty" || result === 0 || saysDeviceNotFound(body);
  if ((status === 404 && isOurs) || (result === 0 && saysDeviceNotFound(body))) {
    return { kind: "device-unknown", rateLimit };
  }
  const successful = status >= 200 && status < 300;
  if (successful && result === 1) return { kind: "linked", message: message ?? "OK", rateLimit };
  const documented = refusals[status];
  const hasReason = status > 400 && status !== 404 && status !== 407 && result !== 1 && message !== undefined;
  if (documented === undefined && result !== 0 && !hasReason) throw wrongBody(body, status, context);
  const why =
    documented !== undefined
      ? `: ${documented} (status ${status}${said(message)})`
      : `${successful ? "" : ` (status ${status})`}${message === undefined ? ", without a reason" : said(message)}`;
  const error = new AgentError("request-refused", `${host} refuses the request${by(response)}${why}.`);
  return { kind: "refused", error, rateLimit };
}

const by = ({ account }: RawResponse): string => (account === undefined ? "" : ` by ${account}`);

const refused = ({ host, anonymous }: ExchangeContext): string =>
  anonymous ? `The gateway ${host} does not accept this device` : `${host} refuses the access token`;

/** Documented as a number; some JSON writers make it text. */
function resultOf(body: AnswerBody): 0 | 1 | undefined {
  const result = body.kind === "object" ? body.fields["result"] : undefined;
  if (result === 1 || result === "1") return 1;
  return result === 0 || result === "0" ? 0 : undefined;
}
