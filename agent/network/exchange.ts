import type { Secret } from "../secret.ts";

/**
 * One HTTP request, as data. Values that may hold a token or a password are {@link Secret}s, so that they can't be
 * printed.
 */
export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** Scheme, host and port, without a slash at the end; safe to show. */
  readonly origin: string;
  /** Path and query, percent-encoded. */
  readonly target: Secret;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Secret | undefined;
  /** `Authorization`. */
  readonly authorization?: Secret;
  /** Connect to this IP address, at the origin's port, without resolving its name or any proxy; TLS checks the name. */
  readonly address?: string;
  /** Milliseconds for the whole exchange, if shorter than the sender's own limit. */
  readonly timeLimit?: number;
  /** Bytes of the answer's body, compressed and unpacked; 64 KiB if left out, and at most 512 KiB. */
  readonly maxBody?: number;
}

/** One HTTP answer, with any status. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded as UTF-8. */
  readonly body: string;
  /** The account of the system's log-on, in the system's spelling. */
  readonly account?: string | undefined;
}

/** Sends requests; `send.ts` has the one that uses the network. */
export interface Sender {
  /**
   * @throws AgentError for what the network, TLS or a proxy did: `name-not-resolved`, `not-connected`,
   * `connection-lost`, `no-answer`, `tls-untrusted`, `answer-too-large`, `unexpected-answer`; after an abort the
   * signal's reason where it is an AgentError, else `interrupted`
   */
  send(request: ApiRequest, signal: AbortSignal): Promise<RawResponse>;
  /** Drops all connections at once. */
  close(): Promise<void>;
}

/** Facts about the exchange for error messages. */
export interface ExchangeContext {
  /** The host that was asked, for messages. */
  readonly host: string;
  /** Texts that must never be shown, even if the server or a proxy repeats them. */
  readonly secrets: readonly Secret[];
  /** No token was sent, as a gateway adds it. */
  readonly anonymous?: boolean;
}

/** Splits a tenant's address into its origin and the path before the API's own paths. */
export function splitBaseUrl(baseUrl: string): {
  readonly origin: string;
  readonly host: string;
  readonly prefix: string;
} {
  const url = new URL(baseUrl);
  return { origin: url.origin, host: url.host, prefix: url.pathname.replace(/\/+$/, "") };
}
