import type { Socket } from "node:net";
import Client from "undici/lib/dispatcher/client.js";
import { systemErrorCode } from "../errors.ts";
import { version } from "../version.ts";
import type { ApiRequest, RawResponse } from "./exchange.ts";
import { withoutInterimAnswers } from "./interim-answers.ts";
import { networkFailure, type Party } from "./network-failure.ts";
import { sentTooMuch, unpacked } from "./packed-body.ts";
import { untilAborted } from "./time-limit.ts";

/** The API's own answers have less than a hundred bytes. */
const usualMaxBody = 64 * 1024;
/** Bytes of all header lines of an answer. */
const maxHeaders = 16 * 1024;
/**
 * Bytes of everything on one connection, also outside of answers: empty lines before an answer have no limit of their
 * own.
 */
const maxTraffic = 1024 * 1024;

/** One connection to one origin, kept open between requests. */
export interface HttpConnection {
  /** Whether it has ended, so that no request can be sent on it. */
  readonly ended: boolean;
  /** @throws AgentError by where it failed, or the signal's reason; a defect of this program as it is */
  exchange(request: ApiRequest, signal: AbortSignal): Promise<RawResponse>;
  destroy(): void;
}

/**
 * Speaks HTTP/1.1 over an open connection. It sets no time limit for an exchange: the signal does.
 * @param origin scheme, host and port, for the `Host` line
 */
export function createConnection(socket: Socket, origin: string, party: Party): HttpConnection {
  keepParserUnoptimised();
  const answers = withoutInterimAnswers(socket);
  socket.on("readable", () => {
    if (socket.bytesRead > maxTraffic) socket.destroy(sentTooMuch(party, maxTraffic));
  });
  /** The socket's error before it ended: undici reports only that it ended. */
  let reported: Error | undefined;
  socket.prependListener("error", (error) => {
    reported ??= error;
  });
  const client = new Client(origin, {
    // A microtask later: undici expects no answer before it is ready for one.
    connect: (_, connected) =>
      queueMicrotask(() => (socket.destroyed ? connected(reported ?? new Error("ended")) : connected(null, socket))),
    allowH2: false,
    maxHeaderSize: maxHeaders,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const destroy = (): void => {
    // First: undici would destroy it with an error, of which Node then makes the stack trace.
    socket.destroy();
    void client.destroy(new Error("destroyed"));
  };

  return {
    get ended() {
      return socket.destroyed || socket.readableEnded;
    },
    destroy,
    async exchange(request, signal) {
      answers.next();
      const { maxBody = usualMaxBody } = request;
      try {
        signal.throwIfAborted();
        const answer = await untilAborted(dispatch(client, request, maxBody, party), signal);
        return { ...answer, body: unpacked(answer, maxBody, party) };
      } catch (cause) {
        destroy();
        if (isDefect(cause)) throw cause;
        const code = systemErrorCode(cause);
        const stage = answers.heard ? "answer" : "request";
        throw networkFailure(code === "UND_ERR_SOCKET" ? (reported ?? cause) : cause, { ...party, stage });
      }
    },
  };
}

/**
 * Errors that no network can cause: errors of the language, and of a request that undici does not accept. undici itself
 * asserts what a server can break.
 */
function isDefect(thrown: unknown): boolean {
  return (
    !(thrown instanceof Error || thrown instanceof DOMException) ||
    thrown instanceof TypeError ||
    thrown instanceof RangeError ||
    thrown instanceof ReferenceError ||
    systemErrorCode(thrown) === "UND_ERR_INVALID_ARG"
  );
}

/**
 * undici's HTTP parser is WebAssembly, and reads two small answers. Otherwise V8 would start to optimise it, at 25 ms
 * of processor time. Done once it is needed: after a change of its flags V8 no longer takes the compiled code of Node's
 * own modules.
 */
function keepParserUnoptimised(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString(`--wasm-tiering-budget=${2 ** 31 - 1}`);
}

/** An answer with its body undecoded. */
interface PackedResponse extends Omit<RawResponse, "body"> {
  readonly body: Buffer;
}

function dispatch(client: Client, request: ApiRequest, maxBody: number, party: Party): Promise<PackedResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<PackedResponse>();
  let status = 0;
  let headers: RawResponse["headers"] = {};
  const chunks: Buffer[] = [];
  let size = 0;
  client.dispatch(
    {
      method: request.method,
      path: request.target.reveal(),
      headers: {
        "user-agent": userAgent,
        "accept-encoding": "identity",
        ...(request.authorization && { authorization: request.authorization.reveal() }),
        ...request.headers,
      },
      body: request.body?.reveal() ?? null,
    },
    {
      onRequestStart() {},
      onResponseStart(_controller, code, given) {
        status = code;
        headers = joined(given);
      },
      onResponseData(controller, chunk) {
        size += chunk.length;
        if (size > maxBody) controller.abort(sentTooMuch(party, maxBody));
        // Copied: a slice that is kept would keep the whole buffer that the system read into.
        else chunks.push(Buffer.from(chunk));
      },
      onResponseEnd: () => resolve({ status, headers, body: Buffer.concat(chunks) }),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

/** RFC 9110 10.1.5 */
const userAgent = `linkuser-agent/${version}`;

function joined(headers: Record<string, string | string[] | undefined>): RawResponse["headers"] {
  const all = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}
