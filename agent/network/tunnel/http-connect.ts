import type { Socket } from "node:net";
import { AgentError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { type FailureContext, networkFailure, type Party } from "../network-failure.ts";
import type { ProxyLogOn } from "../proxy/log-on.ts";
import { describeLimit, TimeLimitReached, untilAborted } from "../time-limit.ts";
import { type ProxyAnswer, parseProxyAnswer, skipBody } from "./proxy-answer.ts";
import { readUntil } from "./read-socket.ts";

/** Bytes of the header lines of a proxy's answer. */
const maxHead = 16 * 1024;

/**
 * Asks a proxy for a tunnel (RFC 9110 9.3.6). It sees the host and port, but not the content. A log-on may take several
 * requests. Requests that answer a challenge use its connection; the first may need a new one, because many proxies
 * close a connection without a log-on.
 * @param connect opens a connection to the proxy
 * @param authority host and port that the tunnel is to lead to
 * @returns the connection that is the tunnel
 * @throws AgentError by where it failed, or the signal's reason; the caller destroys the connection then
 */
export async function openTunnel(
  connect: () => Promise<Socket>,
  logOn: ProxyLogOn,
  authority: string,
  party: Party,
  signal: AbortSignal,
): Promise<Socket> {
  let socket = await connect();
  let leg = logOn.first;
  let state: "new" | "kept" | "ended" = "new";
  for (;;) {
    if (state === "ended" && leg.isMovable) {
      socket.destroy();
      socket = await connect();
      state = "new";
    }
    const authorization = await inTime(leg.authorize(), party, signal);
    if (state === "ended") throw endsConnection(logOn, party);
    const stage = authorization === undefined ? "tunnel" : "proxy log-on";
    const answer = await ask(socket, authority, authorization, { ...party, stage }, signal).catch((thrown) => {
      // The proxy silently ended the connection after its 407.
      if (state === "new" || !leg.isMovable || !isLost(thrown)) throw thrown;
    });
    if (answer === undefined) {
      state = "ended";
      continue;
    }
    if (answer.status >= 200 && answer.status < 300) {
      await inTime(logOn.accepted(answer.challenges), party, signal);
      return socket;
    }
    if (answer.status !== 407) throw refusal(answer.status, authority, party);
    leg = logOn.next(answer.challenges);
    const isKept = await skipBody(socket, answer, signal).catch((cause: unknown) => {
      throw networkFailure(cause, { ...party, stage: "proxy log-on" });
    });
    state = isKept ? "kept" : "ended";
  }
}

/** Waits for the system's part of a log-on, which may wait for a domain controller. */
async function inTime<T>(work: Promise<T>, party: Party, signal: AbortSignal): Promise<T> {
  return await untilAborted(work, signal).catch((cause: unknown) => {
    if (!(cause instanceof TimeLimitReached)) throw networkFailure(cause, { ...party, stage: "proxy log-on" });
    const message = `The proxy ${party.host} requires a log-on (status 407), for which this system got no ticket ${describeLimit(cause)}. Check that this machine can reach a domain controller (KDC, port 88).`;
    throw new AgentError("proxy-refused", message, { cause, place: { stage: "tunnel", party: "proxy" } });
  });
}

const isLost = (thrown: unknown): boolean => thrown instanceof AgentError && thrown.code === "connection-lost";

function endsConnection({ sent }: ProxyLogOn, { host }: Party): AgentError {
  return new AgentError(
    "proxy-refused",
    `The proxy ${host} closed the connection during the log-on by ${sent}, which needs the same connection throughout. Configure it to keep connections alive after its status 407.`,
    { place: { stage: "proxy log-on", party: "proxy" } },
  );
}

async function ask(
  socket: Socket,
  authority: string,
  authorization: Secret | undefined,
  context: FailureContext,
  signal: AbortSignal,
): Promise<ProxyAnswer> {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `host: ${authority}`];
  if (authorization !== undefined) lines.push(`proxy-authorization: ${authorization.reveal()}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  for (;;) {
    const head = await readUntil(socket, /\r?\n\r?\n/, maxHead, signal).catch((cause: unknown) => {
      throw networkFailure(cause, context);
    });
    if (head === undefined) {
      throw new AgentError("answer-too-large", `The proxy ${context.host} sent header lines of more than 16 KiB.`, {
        place: { stage: context.stage, party: "proxy" },
      });
    }
    const answer = parseProxyAnswer(head);
    if (answer === undefined) throw networkFailure(new Error("not HTTP/1"), context);
    // Interim answers (RFC 9110 15.2) are followed by the real one.
    if (answer.status >= 200) return answer;
  }
}

function refusal(status: number, authority: string, { host }: Party): AgentError {
  const message = `The proxy ${host} ${reasonOf(status, `${authority} (status ${status})`)}.`;
  return new AgentError("proxy-refused", message, { place: { stage: "tunnel", party: "proxy" } });
}

/** The meaning of a proxy's refusal of a tunnel, and the next step; completes "The proxy …". */
function reasonOf(status: number, what: string): string {
  if (status === 403) return `does not allow connections to ${what}. Ask for it to be allowed`;
  if (status < 400 || status === 511) {
    return `asks for a log-on on a web page before it connects to ${what}. Sign in to this network, or ask for this host to be allowed without it`;
  }
  return status < 500
    ? `refuses a connection to ${what}. Check its address and port, and see its log`
    : `can't reach ${what}. See its log`;
}
