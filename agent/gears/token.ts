import { AgentError } from "../errors.ts";
import {
  type ApiRequest,
  type ExchangeContext,
  type RawResponse,
  type Sender,
  splitBaseUrl,
} from "../network/exchange.ts";
import { Secret } from "../secret.ts";
import type { Credentials } from "../settings/credentials.ts";
import { type AnswerBody, isServerError, readBody, redirected, serverFault, wordsOf, wrongBody } from "./answer.ts";
import { documentedPeriod, type RateLimitReport, readRateLimit } from "./rate-limit-headers.ts";
import { plainWords } from "./server-text.ts";

type TokenClient = Pick<Extract<Credentials, { readonly kind: "client" }>, "clientId" | "clientSecret">;

/** An access token (RFC 6749 1.4). */
export interface Token {
  readonly value: Secret;
  /** Wall-clock milliseconds; undefined if the answer does not say. */
  readonly expiresAt: number | undefined;
  /** Its answer named the account's limit, so it cost a call. */
  readonly paid: boolean;
}

/** The token endpoint's answer, if the run can go on or wait. */
export type TokenAnswer =
  | { readonly kind: "token"; readonly token: Token }
  | { readonly kind: "rate-limited"; readonly rateLimit: RateLimitReport }
  | { readonly kind: "server-error"; readonly error: AgentError; readonly rateLimit: RateLimitReport };

/** The paths that two of the vendor's pages give to the endpoint: "Authentication", and a newer one. */
const tokenPaths = ["/o/oauth/token", "/o/oauth2/token"] as const;

/** The path that worked; to be kept while the tenant is the same. */
export interface TokenEndpoint {
  path: (typeof tokenPaths)[number];
}

export const newTokenEndpoint = (): TokenEndpoint => ({ path: tokenPaths[0] });

/**
 * Asks for a token, also at the other path if the first does not exist.
 * @param sent called before each request
 */
export async function askForToken(
  { baseUrl, client, endpoint }: { baseUrl: string; client: TokenClient; endpoint: TokenEndpoint },
  sender: Sender,
  signal: AbortSignal,
  sent: () => void = () => {},
): Promise<RawResponse> {
  const ask = (path: TokenEndpoint["path"]): Promise<RawResponse> => {
    sent();
    return sender.send(buildTokenRequest(baseUrl, client, path), signal);
  };
  const first = await ask(endpoint.path);
  if (!isElsewhere(first)) return first;
  const other = tokenPaths.find((path) => path !== endpoint.path) ?? endpoint.path;
  const second = await ask(other);
  if (isElsewhere(second)) return first;
  endpoint.path = other;
  return second;
}

const isElsewhere = ({ status }: RawResponse): boolean => status === 404 || status === 405;

/** `POST {base}{path}` with the client credentials in the body (RFC 6749 4.4.2 and 2.3.1). @internal */
export function buildTokenRequest(
  baseUrl: string,
  { clientId, clientSecret }: TokenClient,
  path: TokenEndpoint["path"] = tokenPaths[0],
): ApiRequest {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    grant_type: "client_credentials",
  });
  return {
    method: "POST",
    origin,
    target: new Secret(`${prefix}${path}`),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new Secret(form.toString()),
  };
}

/** A token goes into a URL: text that does not look like one (RFC 6750 2.1, and more) is refused. */
const tokenForm = /^[\x21-\x7e]{1,8192}$/;
const maxLifeSeconds = 365 * 86_400;

/**
 * Reads the answer of the token endpoint (RFC 6749 5.1 and 5.2).
 * @param now wall-clock milliseconds at which the answer came
 * @param period as for {@link readRateLimit}
 * @throws AgentError `credentials-refused`, `request-refused`, `intercepted`, `redirected`, `not-json`,
 * `unexpected-answer`
 */
export function readTokenResponse(
  response: RawResponse,
  context: ExchangeContext,
  now: number,
  period = documentedPeriod,
): TokenAnswer {
  const { status } = response;
  if (status >= 300 && status < 400) throw redirected(response, context);
  const rateLimit = readRateLimit(response, now, period);
  if (status === 429) return { kind: "rate-limited", rateLimit };
  const body = readBody(response);
  const error = oauthError(body);
  if (isServerError(status) || error === "temporarily_unavailable" || error === "server_error") {
    const words = wordsOf(body, context.secrets);
    const fault = serverFault(`The token endpoint of ${context.host}`, status, words);
    return { kind: "server-error", error: fault, rateLimit };
  }
  const successful = status >= 200 && status < 300;
  const refuses = error !== undefined || (successful && saysRefused(body));
  const mayRefuse = successful || status === 403;
  const isRefusal = status === 401 || (status === 400 && (body.kind === "object" || body.kind === "empty"));
  if (isRefusal || (refuses && mayRefuse)) throw refused(error, body, status, context);
  const words = wordsOf(body, context.secrets) ?? (error && plainCode(error, context.secrets));
  if (status >= 400 && status !== 404 && body.kind === "object" && words !== undefined) {
    const message = `${context.host} refuses the request for a token (status ${status}): ${words}.`;
    throw new AgentError("request-refused", message);
  }
  if (body.kind !== "object" || !successful) throw wrongBody(body, status, context);
  const { access_token: value, expires_in: expiresIn } = body.fields;
  if (typeof value !== "string" || !tokenForm.test(value)) throw wrongBody(body, status, context);
  const paid = rateLimit.limit !== undefined || rateLimit.remaining !== undefined;
  return { kind: "token", token: { value: new Secret(value), expiresAt: expiry(expiresIn, now), paid } };
}

/** The code of an OAuth error (RFC 6749 5.2), with any status. */
function oauthError(body: AnswerBody): string | undefined {
  const error = body.kind === "object" && !("access_token" in body.fields) ? body.fields["error"] : undefined;
  return typeof error === "string" && /^[a-z][a-z_]{2,39}$/.test(error) ? error : undefined;
}

/** An answer without a token that reports a failure in another form than OAuth's. */
function saysRefused(body: AnswerBody): boolean {
  if (body.kind !== "object" || "access_token" in body.fields) return false;
  const { error, result, msg } = body.fields;
  return (typeof error === "object" && error !== null) || ([0, "0"].includes(result as 0) && typeof msg === "string");
}

/** Errors of the application's registration, and not of its ID and secret. */
const ofRegistration = ["invalid_scope", "unauthorized_client", "unsupported_grant_type", "invalid_request"];

function refused(
  error: string | undefined,
  body: AnswerBody,
  status: number,
  { host, secrets }: ExchangeContext,
): AgentError {
  const words = wordsOf(body, secrets, error === undefined && body.kind === "object" ? undefined : plainWords);
  const said = [error && plainCode(error, secrets), words].filter((text) => text !== undefined).join(": ");
  const what =
    error !== undefined && ofRegistration.includes(error)
      ? "issues no token to this OAuth application"
      : "refuses the client ID and secret";
  const message = `${host} ${what} (${said || `status ${status}`}). Compare them with the application in OPSWAT's OAuth portal.`;
  return new AgentError("credentials-refused", message);
}

/** A code of the server's own making could be a secret, too. */
const plainCode = (error: string, secrets: readonly Secret[]): string =>
  plainWords(error.replaceAll("_", " "), secrets).replaceAll(" ", "_");

function expiry(expiresIn: unknown, now: number): number | undefined {
  const seconds = typeof expiresIn === "string" && /^\d{1,12}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return undefined;
  return now + Math.min(Math.max(0, seconds), maxLifeSeconds) * 1000;
}
