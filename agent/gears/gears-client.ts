import type { RequestCount } from "../link/ports.ts";
import { type ExchangeContext, type Sender, splitBaseUrl } from "../network/exchange.ts";
import type { Secret } from "../secret.ts";
import { buildLinkUserRequest, type LinkAnswer, type LinkRequest, readLinkUserResponse } from "./link-user.ts";
import { readRateLimit } from "./rate-limit-headers.ts";
import {
  askForToken,
  newTokenEndpoint,
  readTokenResponse,
  type Token,
  type TokenAnswer,
  type TokenEndpoint,
} from "./token.ts";

/**
 * A token that somebody else got, a client of the account that gets its own, or nothing, as a gateway adds the token.
 */
export type GearsCredentials =
  | { readonly kind: "token"; readonly accessToken: Secret }
  | { readonly kind: "none" }
  | { readonly kind: "client"; readonly clientId: string; readonly clientSecret: Secret };

/** The account's API with its credentials, as a run uses it. */
export interface Gears {
  /**
   * Links once, without any waiting or repetition but one: where the API refuses a token and the credentials can get
   * another, it is asked once more with a new one.
   * @throws AgentError what {@link Sender.send} throws; `credentials-refused`; `intercepted`, `redirected`, `not-json`,
   * `unexpected-answer`
   */
  link(request: LinkRequest, signal: AbortSignal): Promise<LinkAnswer>;
  /** Sent so far, answered or not. */
  readonly requests: RequestCount;
  /** A token whose answer named the account's limit, and so cost a call of it; undefined where there is none. */
  paidToken(): PaidToken | undefined;
}

/** A token that cost a call. */
export interface PaidToken extends Token {
  readonly expiresAt: number;
}

interface GearsParts {
  readonly baseUrl: string;
  readonly credentials: GearsCredentials;
  readonly sender: Sender;
  readonly clock: { now(): number };
  /** Got before; used while it lasts. */
  readonly token?: PaidToken | undefined;
  /** Milliseconds of the account's limit; the documented one where it is left out. */
  readonly period?: number;
  readonly endpoint?: TokenEndpoint;
}

/** Milliseconds: a token that expires sooner than this could expire on its way. */
const expiryMargin = 10_000;

/** The account's API. A token is got just before its first use and kept in memory alone. */
export function createGears(parts: GearsParts): Gears {
  const { baseUrl, credentials, sender, clock, token: earlier, period, endpoint = newTokenEndpoint() } = parts;
  const { host } = splitBaseUrl(baseUrl);
  const requests = { token: 0, linkUser: 0 };
  /** Tokens too: a server may send back one of an earlier request. */
  const secrets = [...secretsOf(credentials), ...(earlier === undefined ? [] : [earlier.value])];
  const context: ExchangeContext = { host, secrets, anonymous: credentials.kind === "none" };
  let kept: Token | undefined = earlier;
  let paid = earlier !== undefined;

  async function currentToken(signal: AbortSignal): Promise<TokenAnswer | undefined> {
    if (credentials.kind === "none") return undefined;
    if (credentials.kind === "token") {
      return { kind: "token", token: { value: credentials.accessToken, expiresAt: undefined } };
    }
    if (kept !== undefined && (kept.expiresAt === undefined || kept.expiresAt - expiryMargin > clock.now())) {
      return { kind: "token", token: kept };
    }
    const response = await askForToken({ baseUrl, client: credentials, endpoint }, sender, signal, () => {
      requests.token += 1;
    });
    const answer = readTokenResponse(response, context, clock.now(), period);
    if (answer.kind !== "token") return answer;
    kept = answer.token;
    secrets.push(kept.value);
    const { limit, remaining } = readRateLimit(response, clock.now(), period);
    paid = limit !== undefined || remaining !== undefined;
    return answer;
  }

  async function linkOnce(request: LinkRequest, signal: AbortSignal): Promise<LinkAnswer> {
    const answer = await currentToken(signal);
    if (answer?.kind === "rate-limited") return { ...answer, message: "Too many requests for a token" };
    if (answer?.kind === "server-error") return answer;
    const token = answer?.token.value;
    requests.linkUser += 1;
    const response = await sender.send(buildLinkUserRequest(baseUrl, request, token), signal);
    const linked = readLinkUserResponse(response, context, clock.now(), period);
    if (linked.kind === "token-refused") kept = undefined;
    return linked;
  }

  return {
    requests,
    paidToken() {
      const { value, expiresAt } = kept ?? {};
      return paid && value !== undefined && expiresAt !== undefined ? { value, expiresAt } : undefined;
    },
    async link(request, signal) {
      const answer = await linkOnce(request, signal);
      if (answer.kind !== "token-refused" || credentials.kind !== "client") return answer;
      return await linkOnce(request, signal);
    },
  };
}

/** What must not be shown. */
export function secretsOf(credentials: GearsCredentials): readonly Secret[] {
  switch (credentials.kind) {
    case "client":
      return [credentials.clientSecret];
    case "token":
      return [credentials.accessToken];
    case "none":
      return [];
  }
}
