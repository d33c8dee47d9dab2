import type { Socket } from "node:net";
import { AgentError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { type FailureContext, networkFailure, type Party } from "../network-failure.ts";
import type { LogOn } from "../proxy/log-on.ts";
import { untilAborted } from "../time-limit.ts";
import { readExactly, readUntil } from "./read-socket.ts";

/** Bytes of the header lines of a proxy's answer, and of its body where another request is to follow. */
const maxHead = 16 * 1024;
const maxBody = 64 * 1024;

/**
 * Asks a proxy for a tunnel over a connection to it (RFC 9110 9.3.6). It learns the host and port, and nothing of what is
 * said. A log-on may take several requests, one after the other on this connection.
 * @param authority host and port that it is to lead to
 * @throws AgentError by where it failed, or the signal's reason
 */
export async function openTunnel(
  socket: Socket,
  logOn: LogOn,
  authority: string,
  party: Party,
  signal: AbortSignal,
): Promise<void> {
  let authorization = logOn.first;
  for (;;) {
    const stage = authorization === undefined ? "tunnel" : "proxy log-on";
    const answer = await ask(socket, authority, authorization, { ...party, stage }, signal);
    if (answer.status >= 200 && answer.status < 300)
      return await untilAborted(logOn.accepted(answer.challenges), signal);
    if (answer.status !== 407) throw refusal(answer.status, authority, party);
    authorization = await untilAborted(logOn.next(answer.challenges), signal).catch((cause: unknown) => {
      throw networkFailure(cause, { ...party, stage: "proxy log-on" });
    });
    await skipBody(socket, answer, { ...party, stage }, signal);
  }
}

/** A proxy's answer to a request for a tunnel. */
interface ProxyAnswer {
  readonly status: number;
  /** The values of `Proxy-Authenticate`. */
  readonly challenges: readonly string[];
  /** Bytes; undefined where the answer does not say, so that nothing can follow it. */
  readonly bodyLength: number | undefined;
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
    const [, status] = /^(?:\r?\n)*HTTP\/1\.\d (\d{3})(?!\d)/.exec(head) ?? [];
    if (status === undefined) throw networkFailure(new Error("not HTTP/1"), context);
    // Interim answers (RFC 9110 15.2) are followed by the real one.
    if (Number(status) >= 200) return readAnswer(Number(status), head);
  }
}

function readAnswer(status: number, head: string): ProxyAnswer {
  const valuesOf = (name: string): readonly string[] =>
    [...head.matchAll(new RegExp(`\\n${name}:[ \\t]*([^\\r\\n]*)`, "gi"))].map(([, value = ""]) => value.trim());
  const [length = "", ...others] = valuesOf("content-length");
  const isKnown = /^\d{1,9}$/.test(length) && others.length === 0 && valuesOf("transfer-encoding").length === 0;
  return { status, challenges: valuesOf("proxy-authenticate"), bodyLength: isKnown ? Number(length) : undefined };
}

/** So that another request can follow on the connection. */
async function skipBody(
  socket: Socket,
  { bodyLength }: ProxyAnswer,
  context: FailureContext,
  signal: AbortSignal,
): Promise<void> {
  if (bodyLength === undefined || bodyLength > maxBody) {
    throw networkFailure(new Error("the connection can't be used again"), context);
  }
  if (bodyLength === 0) return;
  await readExactly(socket, bodyLength, signal).catch((cause: unknown) => {
    throw networkFailure(cause, context);
  });
}

function refusal(status: number, authority: string, { host }: Party): AgentError {
  const why = reasons[status]?.(authority) ?? `refuses a connection to ${authority} (status ${status})`;
  return new AgentError("proxy-refused", `The proxy ${host} ${why}.`, { place: { stage: "tunnel", party: "proxy" } });
}

/** By status, what a proxy's refusal of a tunnel means; completes "The proxy …". */
const reasons: Readonly<Record<number, (authority: string) => string>> = {
  403: (authority) => `does not allow connections to ${authority} (status 403). Ask for it to be allowed`,
  502: (authority) => `can't reach ${authority} (status 502)`,
  503: (authority) => `can't reach ${authority} (status 503)`,
  504: (authority) => `can't reach ${authority} (status 504)`,
};
