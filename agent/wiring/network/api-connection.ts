import type { Clock } from "../../clock.ts";
import { createGears, type Gears, type PaidToken } from "../../gears/gears-client.ts";
import type { LinkRequest } from "../../gears/link-user.ts";
import { newTokenEndpoint } from "../../gears/token.ts";
import type { LinkVerdict, RequestCount } from "../../link/ports.ts";
import type { Log } from "../../log.ts";
import type { Sender } from "../../network/exchange.ts";
import type { Credentials } from "../../settings/credentials.ts";

/** The API as the run over candidates sees it: opened at the first call, closed before every wait. */
export interface ApiConnection {
  /** @throws AgentError for every answer that makes no sense to wait for, and for what the network did */
  link(request: LinkRequest, signal: AbortSignal): Promise<LinkVerdict>;
  /** Of the whole run, over all connections. */
  requests(): RequestCount;
  /** Drops all connections and the token, but for one that cost a call where `keepPaid`. */
  rest(keepPaid?: boolean): Promise<void>;
}

/** Opens nothing before the first call. */
export function apiConnection(parts: {
  readonly baseUrl: string;
  /** @throws AgentError where there are none */
  readonly credentials: () => Credentials;
  readonly openSender: () => Sender;
  readonly clock: Clock;
  /** Milliseconds of the account's limit. */
  readonly period: number;
  readonly log: Log;
}): ApiConnection {
  const endpoint = newTokenEndpoint();
  /** `queued`: a gateway without a credential of this device's may give it a place in its queue. */
  let open: { readonly gears: Gears; readonly sender: Sender; readonly queued: boolean } | undefined;
  let token: PaidToken | undefined;
  let before: RequestCount = { token: 0, linkUser: 0 };

  function requests(): RequestCount {
    const now = open?.gears.requests ?? { token: 0, linkUser: 0 };
    return { token: before.token + now.token, linkUser: before.linkUser + now.linkUser };
  }

  return {
    requests,
    async link(request, signal) {
      if (open === undefined) {
        const sender = parts.openSender();
        const credentials = parts.credentials();
        const gears = createGears({ ...parts, credentials, sender, token, endpoint });
        open = { sender, gears, queued: credentials.kind === "none" };
        token = undefined;
      }
      const answer = await open.gears.link(request, signal);
      const { disbelieved } = answer.rateLimit;
      if (disbelieved !== undefined) parts.log.warn("wait-disbelieved", `the server asks for a wait by ${disbelieved}`);
      switch (answer.kind) {
        case "linked":
        case "device-unknown":
          return answer;
        case "rate-limited":
          return {
            kind: "rate-limited",
            notBefore: answer.rateLimit.notBefore,
            exact: open.queued && answer.rateLimit.exact,
            paidUntil: open.gears.paidToken()?.expiresAt,
          };
        case "server-error":
          return { kind: "unavailable", error: answer.error, notBefore: answer.rateLimit.notBefore };
        case "token-refused":
        case "refused":
          throw answer.error;
      }
    },
    async rest(keepPaid = false) {
      before = requests();
      token = keepPaid ? (open?.gears.paidToken() ?? token) : undefined;
      const sender = open?.sender;
      open = undefined;
      await sender?.close();
    },
  };
}
