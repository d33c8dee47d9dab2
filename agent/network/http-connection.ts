import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import buildConnector, { type Connect, type ConnectCallback, type Destination } from "undici/lib/core/connect.js";
import Client, { type ClientOptions } from "undici/lib/dispatcher/client.js";
import { AgentError, systemErrorCode } from "../errors.ts";
import { certificateFault, readShown, type ShownCertificate } from "./tls/certificate-fault.ts";
import type { ApiRequest, RawResponse } from "./exchange.ts";
import type { ProxyAddress, Way } from "./proxy/address.ts";
import { openTunnel } from "./tunnel.ts";
import { type Destroyable, type TakeWay, tryWays } from "./ways.ts";

/** Bytes of a body; the API's own answers have less than a hundred. */
const largestBody = 64 * 1024;
/** Bytes of all header lines of an answer. */
const largestHeaders = 16 * 1024;
/**
 * Bytes of all that one connection brings, also of what counts to no answer: empty lines before one have no end of
 * their own.
 */
const largestTraffic = 1024 * 1024;
/**
 * Milliseconds after which one of a name's addresses is given up for the next, the last one excepted; Node's own is too
 * short for satellites.
 */
const addressAttempt = 1000;

/** Where a connection leads. */
export interface Route {
  readonly origin: string;
  readonly address: string | undefined;
  /** At least one; tried in this order until one leads on. */
  readonly ways: readonly Way[];
  /** Milliseconds after which a way is given up for the next. */
  readonly wayLimit: number;
  /** Whom TLS trusts; undefined where neither the origin nor a proxy is reached over TLS. */
  readonly secureContext: SecureContext | undefined;
  /** The same with this device's certificate, for the origin and no proxy; undefined where it has none. */
  readonly ownContext?: SecureContext | undefined;
  readonly observeTls: ObserveTls | undefined;
}

/** Told of each TLS connection at the end of its handshake, before its certificate is judged. */
export type ObserveTls = (host: string, socket: TLSSocket) => void;

type Stage = "connecting" | "waiting" | "reading";

/** One connection at a time to one origin, kept open between requests. */
export interface HttpConnection {
  /** How far the current exchange has come. */
  readonly stage: Stage;
  /** Failures come as they are: errors of the system, of TLS and of undici, or AgentError. */
  exchange(request: ApiRequest): Promise<RawResponse>;
  /** Cuts it in whatever state it is; a running exchange fails with `reason`. */
  destroy(reason: Error): void;
}

/** Opens no socket before the first exchange. It sets no time limit for an exchange: its user calls `destroy`. */
export function createConnection(route: Route): HttpConnection {
  const { origin, address, ways, wayLimit, secureContext, observeTls } = route;
  const ownContext = route.ownContext ?? secureContext;
  const open = new Set<Destroyable>();
  let stage: Stage = "connecting";
  /** What TLS said before the connection ended. In TLS 1.3 a client's certificate is refused after the handshake. */
  let alert: Error | undefined;

  /** @param opened where the socket is kept as long as it is open */
  function dial(
    opened: Set<Destroyable>,
    destination: Destination,
    callback: ConnectCallback,
    { context = ownContext, peer = destination.host }: { context?: SecureContext | undefined; peer?: string } = {},
  ): Socket {
    let shown: ShownCertificate | undefined;
    const connect = buildConnector({
      allowH2: false,
      timeout: 0,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: addressAttempt,
      rejectUnauthorized: true,
      secureContext: context,
    });
    const socket = connect(destination, (error, connected) =>
      error === null ? callback(null, connected) : callback(withCertificate(error, peer, shown)),
    );
    opened.add(socket);
    socket.once("close", () => opened.delete(socket));
    if ("getPeerX509Certificate" in socket) {
      socket.prependListener("error", (error) => {
        if (systemErrorCode(error)?.startsWith("ERR_SSL_")) alert ??= error;
      });
      // Node judges the certificate in a listener of its own to this event, and drops the connection in it.
      socket.prependOnceListener("secure", () => {
        const certificate = (socket as TLSSocket).getPeerX509Certificate();
        if (certificate !== undefined) shown = readShown(certificate);
        observeTls?.(destination.hostname, socket as TLSSocket);
      });
    }
    return socket;
  }

  function connect(destination: Destination, callback: ConnectCallback): void {
    const connected: ConnectCallback = (...result) => {
      keepParserUnoptimised();
      const [, socket] = result;
      socket?.on("readable", () => {
        if (socket.bytesRead > largestTraffic) socket.destroy(tooLarge(destination.host, "1 MiB"));
      });
      callback(...result);
    };
    stage = "connecting";
    const to = address === undefined ? destination : { ...destination, hostname: address };
    const take: TakeWay = (way, opened, taken) => {
      if (way === "direct") dial(opened, to, taken);
      else dialThrough(way, opened, to, taken);
    };
    tryWays(ways, { limit: wayLimit, host: to.host, open, take }, connected);
  }

  function dialThrough(
    proxy: ProxyAddress,
    opened: Set<Destroyable>,
    to: Destination,
    callback: ConnectCallback,
  ): void {
    // Without a server name of its own, undici takes the one in the Host header, which is the target's.
    const dialProxy: Connect = (toDial, dialled) =>
      dial(opened, { ...toDial, servername: null }, dialled, {
        context: secureContext,
        peer: `the proxy ${toDial.host}`,
      });
    const toProxy = new Client(proxy.origin, { ...clientOptions, connect: dialProxy });
    opened.add(toProxy);
    openTunnel(toProxy, proxy, to, (error, socket) => {
      opened.delete(toProxy);
      if (socket === undefined) callback(error);
      else if (to.protocol === "https:") dial(opened, { ...to, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  }

  const client = new Client(origin, { ...clientOptions, connect });
  return {
    get stage() {
      return stage;
    },
    async exchange(request) {
      stage = "connecting";
      alert = undefined;
      try {
        return await exchange(client, request, (reached) => {
          stage = reached;
        });
      } catch (error) {
        // undici keeps no more than that it ended.
        throw systemErrorCode(error) === "UND_ERR_SOCKET" ? (alert ?? error) : error;
      }
    },
    destroy(reason) {
      void client.destroy(reason);
      for (const one of open) one.destroy(reason);
    },
  };
}

function withCertificate(error: Error, peer: string, shown: ShownCertificate | undefined): Error {
  const message = certificateFault(systemErrorCode(error) ?? "", peer, shown, Date.now());
  return message === undefined ? error : new AgentError("tls-untrusted", message, { cause: error });
}

/**
 * undici's HTTP parser is WebAssembly, and reads two small answers. V8 would begin to optimise it meanwhile, at 25 ms
 * of processor time. Done once it is needed: after a change of its flags V8 no longer takes the compiled code of Node's
 * own modules.
 */
function keepParserUnoptimised(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString(`--wasm-tiering-budget=${2 ** 31 - 1}`);
}

const clientOptions: Omit<ClientOptions, "connect"> = {
  allowH2: false,
  maxHeaderSize: largestHeaders,
  headersTimeout: 0,
  bodyTimeout: 0,
};

function exchange(client: Client, request: ApiRequest, reach: (stage: Stage) => void): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const { host } = new URL(request.origin);
  const decoder = new TextDecoder();
  let status = 0;
  let headers: RawResponse["headers"] = {};
  let body = "";
  let size = 0;
  client.dispatch(
    {
      method: request.method,
      path: request.target.reveal(),
      headers: { "user-agent": "linkuser-agent", "accept-encoding": "identity", ...request.headers },
      body: request.body?.reveal() ?? null,
    },
    {
      onRequestStart: () => reach("waiting"),
      onResponseStart(_controller, code, given) {
        // Interim answers (1xx) come here too, before the real one.
        if (code < 200) return;
        reach("reading");
        status = code;
        headers = joined(given);
      },
      onResponseData(controller, chunk) {
        size += chunk.length;
        if (size > largestBody) {
          controller.abort(tooLarge(host, "64 KiB"));
        } else {
          // Decoded at once: a slice that is kept would keep the whole buffer that the system read into.
          body += decoder.decode(chunk, { stream: true });
        }
      },
      onResponseEnd: () => resolve({ status, headers, body: body + decoder.decode() }),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

function tooLarge(host: string, size: string): AgentError {
  const message = `${host} sent more than ${size}, which the API never does. A proxy may answer in its place.`;
  return new AgentError("answer-too-large", message);
}

function joined(headers: Record<string, string | string[] | undefined>): RawResponse["headers"] {
  const all = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}
