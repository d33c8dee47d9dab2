import type { Socket } from "node:net";
import { AgentError } from "../../errors.ts";
import type { ApiRequest, RawResponse } from "../exchange.ts";
import type { HttpConnection } from "../http-connection.ts";
import { authorizationOf, type Challenge, maxLegs, parseChallenges } from "../log-on/challenges.ts";
import type { SystemLogOn } from "../log-on/system-log-on.ts";
import { beginLogOn, type LogOn } from "../log-on/without-ntlm.ts";
import { networkFailure } from "../network-failure.ts";
import { bareHost } from "../proxy/host-match.ts";
import { TimeLimitReached, untilAborted } from "../time-limit.ts";
import { endPointBinding } from "../tls/channel-binding.ts";

/** The gateway at the other end of a connection. */
interface Gateway {
  /** For messages, with the port where it is not the usual one. */
  readonly host: string;
  /** The name that its service is registered with. */
  readonly name: string;
  readonly channelBinding: Buffer | undefined;
}

/** @param socket with TLS: in clear text anyone on the path could relay a log-on */
export function gatewayAt(origin: string, socket: Socket): Gateway {
  if (!("encrypted" in socket)) throw new TypeError("a log-on in the clear");
  const url = new URL(origin);
  return { host: url.host, name: bareHost(url), channelBinding: endPointBinding(socket) };
}

/**
 * A connection that proves this machine's account with each request (RFC 4559), without a challenge, and requires the
 * gateway's proof: with each answer, or once if it authenticates the connection.
 * @param system undefined if it speaks no Negotiate
 */
export function withGatewayLogOn(
  connection: HttpConnection,
  gateway: Gateway,
  system: SystemLogOn | undefined,
): HttpConnection {
  let isProved = false;

  async function exchange(request: ApiRequest, signal: AbortSignal): Promise<RawResponse> {
    const logOn = begin(system, gateway);
    try {
      return await carry(request, logOn, signal);
    } finally {
      logOn.close();
    }
  }

  async function carry(request: ApiRequest, logOn: LogOn, signal: AbortSignal): Promise<RawResponse> {
    let leg = await untilReached(logOn.step(undefined), gateway, signal);
    for (let legs = 1; ; legs += 1) {
      const answer = await connection.exchange(withToken(request, leg.token), signal);
      const challenges = parseChallenges([answer.headers["www-authenticate"] ?? ""]);
      const token = challenges.find(({ scheme }) => scheme === "Negotiate")?.token;
      const isLast = token === undefined || leg.complete || legs === maxLegs;
      if (token !== undefined && !leg.complete) {
        leg = await untilReached(logOn.step(token), gateway, signal).catch((thrown) => {
          // The token may be one of Kerberos' errors.
          const isReason = answer.status === 401 && thrown instanceof AgentError && !signal.aborted;
          throw isReason ? refused(challenges, leg.account, gateway, thrown) : thrown;
        });
      }
      if (answer.status !== 401) {
        isProved ||= leg.complete;
        if (!isProved && claimsSomething(answer)) throw unproved(answer, gateway);
        return { ...answer, account: leg.account };
      }
      if (leg.complete && leg.token === undefined) throw notAllowed(leg.account, gateway);
      if (isLast || leg.token === undefined) throw refused(challenges, leg.account, gateway);
    }
  }

  return {
    get ended() {
      return connection.ended;
    },
    exchange,
    destroy: () => connection.destroy(),
  };
}

/** @throws AgentError `credentials-missing` */
function begin(system: SystemLogOn | undefined, { host, name, channelBinding }: Gateway): LogOn {
  if (system !== undefined) return beginLogOn(system, { scheme: "Negotiate", host: name, channelBinding });
  const message = `auth = negotiate needs Negotiate to log on to ${host}, which linkuser-agent does not support on this system. Use a client certificate (auth = none).`;
  throw new AgentError("credentials-missing", message, { place });
}

/** Whether an answer says something about the device: any other sender of such an answer must not be believed. */
const claimsSomething = ({ status }: RawResponse): boolean => status < 300 || status === 404;

function withToken(request: ApiRequest, token: Buffer | undefined): ApiRequest {
  if (token === undefined) throw new TypeError("a log-on without a token");
  return { ...request, authorization: authorizationOf("Negotiate", token) };
}

const place = { stage: "log-on", party: "tenant" } as const;

/** @throws AgentError of the stage `log-on`, or the signal's reason */
async function untilReached<T>(work: Promise<T>, { host }: Gateway, signal: AbortSignal): Promise<T> {
  try {
    return await untilAborted(work, signal);
  } catch (thrown) {
    if (thrown instanceof TimeLimitReached) throw networkFailure(thrown, { ...place, host });
    if (!(thrown instanceof AgentError) || signal.aborted) throw thrown;
    throw new AgentError(thrown.code, thrown.finding, { cause: thrown.cause, remedy: thrown.remedy, place });
  }
}

/** @param reason what Kerberos says of it, where it does */
function refused(
  challenges: readonly Challenge[],
  account: string | undefined,
  { host, name }: Gateway,
  reason?: AgentError,
): AgentError {
  if (!challenges.some(({ scheme }) => scheme === "Negotiate")) {
    const offered = challenges.map(({ scheme }) => scheme).join(" or ") || "no log-on that is known here";
    const message = `${host} does not ask for Negotiate but offers ${offered} (status 401). With auth = negotiate baseUrl must be the address at which the gateway's Apache httpd proves domain members.`;
    return new AgentError("token-refused", message, { place });
  }
  const why = reason?.cause instanceof Error ? `: ${reason.cause.message}` : "";
  const message = `${host} refuses the log-on of ${account ?? "this account"} (status 401${why}). It is not sent again in this run. Check in the gateway's log why: that its keytab has the current key of HTTP/${name}, and that the clocks agree.`;
  return new AgentError("token-refused", message, { cause: reason, place });
}

/** It proved itself, and so took the ticket. */
function notAllowed(account: string | undefined, { host }: Gateway): AgentError {
  const message = `${host} knows ${account ?? "this account"}, but does not let it link (status 401). A gateway lets machine accounts of its domain in, which services, root and SYSTEM have.`;
  return new AgentError("token-refused", message, { place });
}

function unproved({ status }: RawResponse, { host }: Gateway): AgentError {
  const message = `${host} did not prove itself: its answer (status ${status}) has no Kerberos token. Another service or a proxy may answer in its place, or its site lets callers in without a log-on.`;
  return new AgentError("unexpected-answer", message, { place });
}
