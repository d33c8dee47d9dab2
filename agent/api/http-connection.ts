import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import buildConnector, { type Connect, type ConnectCallback, type Destination } from "undici/lib/core/connect.js";
import Client, { type ClientOptions } from "undici/lib/dispatcher/client.js";
import { AgentError } from "../errors.ts";
import type { ApiRequest, RawResponse } from "./exchange.ts";
import { networkFailure } from "./network-failure.ts";
import type { ProxyAddress } from "./proxy-choice.ts";

/** Bytes of a body; the API's own answers have less than a hundred. */
const largestBody = 64 * 1024;
/** Bytes of all header lines of an answer. */
const largestHeaders = 16 * 1024;
/** Milliseconds for one of a name's addresses before the next is tried beside it; Node's own is too short for satellites. */
const addressAttempt = 1000;

/** Where a connection leads. */
export interface Route {
  readonly origin: string;
  readonly address: string | undefined;
  readonly proxy: ProxyAddress | undefined;
  /** Whom TLS trusts; undefined where neither the origin nor the proxy is reached over TLS. */
  readonly secureContext: SecureContext | undefined;
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

/** Opens no socket before the first exchange. It sets no time limits: its user calls `destroy`. */
export function createConnection({ origin, address, proxy, secureContext, observeTls }: Route): HttpConnection {
  const open = new Set<{ destroy(reason: Error): void }>();
  let stage: Stage = "connecting";

  const dial: Connect = (destination, callback) => {
    const connect = buildConnector({
      allowH2: false,
      timeout: 0,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: addressAttempt,
      rejectUnauthorized: true,
      secureContext,
    });
    const socket = connect(destination, callback);
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    if (observeTls !== undefined && "getPeerX509Certificate" in socket) {
      // Node judges the certificate in a listener of its own to this event, and drops the connection in it.
      socket.prependOnceListener("secure", () => observeTls(destination.hostname, socket as TLSSocket));
    }
    return socket;
  };

  function connect(destination: Destination, callback: ConnectCallback): void {
    stage = "connecting";
    if (proxy === undefined) {
      dial(address === undefined ? destination : { ...destination, hostname: address }, callback);
      return;
    }
    // Without a server name of its own, undici takes the one in the Host header, which is the target's.
    const dialProxy: Connect = (toDial, dialled) => dial({ ...toDial, servername: null }, dialled);
    const toProxy = new Client(proxy.origin, { ...clientOptions, connect: dialProxy });
    open.add(toProxy);
    openTunnel(toProxy, proxy, destination, (error, socket) => {
      open.delete(toProxy);
      if (socket === undefined) callback(error);
      else if (destination.protocol === "https:") dial({ ...destination, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  }

  const client = new Client(origin, { ...clientOptions, connect });
  return {
    get stage() {
      return stage;
    },
    exchange(request) {
      stage = "connecting";
      return exchange(client, request, (reached) => {
        stage = reached;
      });
    },
    destroy(reason) {
      void client.destroy(reason);
      for (const one of open) one.destroy(reason);
    },
  };
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
          const message = `${host} sent more than 64 KiB, which the API never does. A proxy may answer in its place.`;
          controller.abort(new AgentError("answer-too-large", message));
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

function joined(headers: Record<string, string | string[] | undefined>): RawResponse["headers"] {
  const all = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** Asks a proxy for a tunnel (RFC 9110 9.3.6). It learns the host and port, and nothing of what is said. */
function openTunnel(
  toProxy: Client,
  proxy: ProxyAddress,
  destination: Destination,
  done: (error: Error | null, socket?: Socket) => void,
): void {
  const port = destination.port || (destination.protocol === "https:" ? "443" : "80");
  const bare = destination.hostname.includes(":") ? `[${destination.hostname}]` : destination.hostname;
  const authority = `${bare}:${port}`;
  const { host } = new URL(proxy.origin);
  const authorization = proxy.authorization && { "proxy-authorization": proxy.authorization.reveal() };
  toProxy.dispatch(
    { method: "CONNECT", path: authority, headers: { host: authority, ...authorization } },
    {
      onRequestStart() {},
      onRequestUpgrade(_controller, status, _headers, socket) {
        if (status >= 200 && status < 300) {
          done(null, socket);
          return;
        }
        socket.on("error", () => {}).destroy();
        done(tunnelRefused(host, authority, status));
      },
      // undici would try for ever again where one of its own socket errors came out of a connector.
      onResponseError: (_controller, error) => done(networkFailure(error, `the proxy ${host}`) ?? error),
    },
  );
}

function tunnelRefused(host: string, authority: string, status: number): AgentError {
  const why: Readonly<Record<number, string>> = {
    403: `does not allow connections to ${authority} (status 403). Ask for it to be allowed`,
    407: "wants a user name and password (status 407). Have it let this host through without",
    502: `can't reach ${authority} (status 502)`,
    503: `can't reach ${authority} (status 503)`,
    504: `can't reach ${authority} (status 504)`,
  };
  const message = `The proxy ${host} ${why[status] ?? `refuses a connection to ${authority} (status ${status})`}.`;
  return new AgentError("not-connected", message);
}
