import { AgentError } from "../errors.ts";
import { type ApiRequest, type ExchangeContext, type RawResponse, splitBaseUrl } from "../network/exchange.ts";
import { Secret } from "../secret.ts";
import { readBody, redirected, textField, wrongBody } from "./answer.ts";
import { type RateLimitReport, readRateLimit } from "./rate-limit-headers.ts";

/** The OAuth client of the account. */
export interface TokenClient {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** An access token (RFC 6749 1.4). */
export interface Token {
  readonly value: Secret;
  /** Wall-clock milliseconds; undefined where the answer does not say. */
  readonly expiresAt: number | undefined;
}

/** What the token endpoint said, where it makes sense to go on or to wait. */
export type TokenAnswer =
  | { readonly kind: "token"; readonly token: Token }
  | { readonly kind: "rate-limited"; readonly rateLimit: RateLimitReport }
  | { readonly kind: "server-error"; readonly error: AgentError; readonly rateLimit: RateLimitReport };

/** `POST {base}/o/oauth/token` with the client credentials in the body (RFC 6749 4.4.2 and 2.3.1). */
export function buildTokenRequest(baseUrl: string, { clientId, clientSecret }: TokenClient): ApiRequest {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    grant_type: "client_credentials",
  });
  return {
    method: "POST",
    origin,
    target: new Secret(`${prefix}/o/oauth/token`),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new Secret(form.toString()),
  };
}

/** A token goes into a URL and lives in memory: what does not look like one (RFC 6750 2.1, and more) is not taken. */
const tokenForm = /^[\x21-\x7e]{1,8192}$/;
const longestLifeSeconds = 365 * 86_400;

/**
 * Reads the answer of the token endpoint (RFC 6749 5.1 and 5.2).
 * @param now wall-clock milliseconds at which the answer came
 * @throws AgentError `credentials-refused`, `intercepted`, `redirected`, `not-json`, `unexpected-answer`
 */
export function readTokenResponse(response: RawResponse, context: ExchangeContext, now: number): TokenAnswer {
  const { status, headers } = response;
  if (status >= 300 && status < 400) throw redirected(response, context);
  const rateLimit = readRateLimit(headers, now);
  if (status === 429) return { kind: "rate-limited", rateLimit };
  if (status >= 500 && status !== 511) {
    const message = `The token endpoint of ${context.host} has a fault of its own (status ${status}).`;
    return { kind: "server-error", error: new AgentError("server-error", message), rateLimit };
  }
  const body = readBody(response);
  if (status === 401 || (status === 400 && (body.kind === "object" || body.kind === "empty"))) {
    const why = [textField(body, "error", context.secrets), textField(body, "error_description", context.secrets)];
    const said = why.filter((text) => text !== undefined).join(": ");
    throw new AgentError(
      "credentials-refused",
      `${context.host} refuses the client ID and secret (${said === "" ? `status ${status}` : said}). Check them against the OAuth application in the console.`,
    );
  }
  if (body.kind !== "object" || status < 200 || status >= 300) throw wrongBody(body, status, context);
  const { access_token: value, expires_in: expiresIn } = body.fields;
  if (typeof value !== "string" || !tokenForm.test(value)) throw wrongBody(body, status, context);
  return { kind: "token", token: { value: new Secret(value), expiresAt: expiry(expiresIn, now) } };
}

function expiry(expiresIn: unknown, now: number): number | undefined {
  const seconds = typeof expiresIn === "string" && /^\d{1,12}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return undefined;
  return now + Math.min(Math.max(0, seconds), longestLifeSeconds) * 1000;
}
