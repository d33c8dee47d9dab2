import type { LinkVerdict, RequestCount } from "../link/ports.ts";
import type { Log } from "../log.ts";
import { type ExchangeContext, type Sender, splitBaseUrl } from "../network/exchange.ts";
import type { Secret } from "../secret.ts";
import { type Credentials, secretsOf } from "../settings/credentials.ts";
import { buildLinkUserRequest, type LinkAnswer, type LinkRequest, readLinkUserResponse } from "./link-user.ts";
import { askForToken, newTokenEndpoint, readTokenResponse, type Token, type TokenAnswer } from "./token.ts";

interface GearsParts {
  readonly baseUrl: string;
  /** @throws AgentError where there are none */
  readonly credentials: () => Credentials;
  readonly openSender: () => Sender;
  readonly clock: { now(): number };
  /** Milliseconds of the account's limit. */
  readonly period: number;
  readonly log: Pick<Log, "warn">;
}

interface Connection {
  readonly credentials: Credentials;
  readonly sender: Sender;
  readonly context: ExchangeContext & { readonly secrets: Secret[] };
}

/** Milliseconds: a token that expires sooner than this could expire on its way. */
const expiryMargin = 10_000;

/**
 * The account's API as a run uses it: opened at the first call, closed before every wait. A token is fetched just
 * before its first use and kept only in memory.
 */
export class GearsClient {
  readonly #parts: GearsParts;
  readonly #endpoint = newTokenEndpoint();
  readonly #requests = { token: 0, linkUser: 0 };
  #connection: Connection | undefined;
  #token: Token | undefined;

  constructor(parts: GearsParts) {
    this.#parts = parts;
  }

  /** Sent so far, answered or not. */
  get requests(): RequestCount {
    return { ...this.#requests };
  }

  /**
   * Links once, without waiting. The only repetition: if the API refuses a token and the credentials can get another,
   * the call is made once more.
   * @param suspect the API refused a new token lately: another that is refused is final
   * @throws AgentError for every final answer; what {@link Sender.send} throws
   */
  async link(request: LinkRequest, signal: AbortSignal, suspect = false): Promise<LinkVerdict> {
    this.#connection ??= this.#open();
    const { kind } = this.#connection.credentials;
    const tokensBefore = this.#requests.token;
    const first = await this.#linkOnce(this.#connection, request, signal);
    const isFinal = suspect && this.#requests.token > tokensBefore;
    const isRepeated = first.kind === "token-refused" && kind === "client" && !isFinal;
    const answer = isRepeated ? await this.#linkOnce(this.#connection, request, signal) : first;
    const { notBefore, exact, disbelieved } = answer.rateLimit;
    if (disbelieved !== undefined) {
      this.#parts.log.warn("wait-disbelieved", `the server asks for an implausible wait: ${disbelieved}`);
    }
    if ("error" in answer) {
      if (answer.kind !== "server-error") throw answer.error;
      return { kind: "unavailable", error: answer.error, notBefore };
    }
    if (answer.kind !== "rate-limited") return answer;
    // A gateway that has the credential may give this device a place in its queue.
    return { kind: answer.kind, notBefore, exact: kind === "none" && exact, paidUntil: this.#paidUntil() };
  }

  /** Drops all connections and the token; with `keepPaid` a token that cost a call is kept. */
  async rest(keepPaid = false): Promise<void> {
    if (!keepPaid || this.#paidUntil() === undefined) this.#token = undefined;
    const sender = this.#connection?.sender;
    this.#connection = undefined;
    await sender?.close();
  }

  #open(): Connection {
    const sender = this.#parts.openSender();
    const credentials = this.#parts.credentials();
    const { host } = splitBaseUrl(this.#parts.baseUrl);
    // Tokens too: a server may send back one of an earlier request.
    const secrets = [...secretsOf(credentials), ...(this.#token === undefined ? [] : [this.#token.value])];
    return { credentials, sender, context: { host, secrets, anonymous: credentials.kind === "none" } };
  }

  #paidUntil(): number | undefined {
    return this.#token?.paid ? this.#token.expiresAt : undefined;
  }

  async #linkOnce(connection: Connection, request: LinkRequest, signal: AbortSignal): Promise<LinkAnswer> {
    const { baseUrl, clock, period } = this.#parts;
    const answer = await this.#currentToken(connection, signal);
    if (answer?.kind === "rate-limited" || answer?.kind === "server-error") return answer;
    this.#requests.linkUser += 1;
    const response = await connection.sender.send(buildLinkUserRequest(baseUrl, request, answer?.token.value), signal);
    const linked = readLinkUserResponse(response, connection.context, clock.now(), period);
    if (linked.kind === "token-refused") this.#token = undefined;
    return linked;
  }

  async #currentToken(
    { credentials, sender, context }: Connection,
    signal: AbortSignal,
  ): Promise<TokenAnswer | undefined> {
    const { baseUrl, clock, period } = this.#parts;
    const kept = this.#token;
    if (credentials.kind === "none") return undefined;
    if (credentials.kind === "token") {
      return { kind: "token", token: { value: credentials.accessToken, expiresAt: undefined, paid: false } };
    }
    if (kept !== undefined && (kept.expiresAt === undefined || kept.expiresAt - expiryMargin > clock.now())) {
      return { kind: "token", token: kept };
    }
    const asked = { baseUrl, client: credentials, endpoint: this.#endpoint };
    const response = await askForToken(asked, sender, signal, () => {
      this.#requests.token += 1;
    });
    const answer = readTokenResponse(response, context, clock.now(), period);
    if (answer.kind !== "token") return answer;
    this.#token = answer.token;
    context.secrets.push(answer.token.value);
    return answer;
  }
}
