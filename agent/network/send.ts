import { AgentError } from "../errors.ts";
import type { ClientCertificate } from "../settings/client-certificate.ts";
import type { SettingFile } from "../settings/named-file.ts";
import type { ObserveTls } from "./dial.ts";
import type { ApiRequest, RawResponse, Sender } from "./exchange.ts";
import type { HttpConnection } from "./http-connection.ts";
import type { SystemLogOn } from "./log-on/system-log-on.ts";
import { createLookUp, type LookUp } from "./look-up.ts";
import { isUntrustedChain, networkFailure, type Party } from "./network-failure.ts";
import type { Route } from "./proxy/address.ts";
import { chooseProxy, type ProxySources } from "./proxy/choice.ts";
import { untilAborted, withTimeLimit } from "./time-limit.ts";
import { createTlsContexts, type TlsContexts } from "./tls/trusted-ca.ts";
import { tryRoutes } from "./try-routes.ts";

/** How requests are sent, and which certificates TLS trusts. */
export interface SenderOptions {
  /** Milliseconds for one request, from the look-up of a name to the last byte. */
  readonly requestTimeout: number;
  /** File of further trusted CA certificates. */
  readonly caFile: SettingFile | undefined;
  /** See {@link chooseProxy}. */
  readonly proxy: ProxySources;
  readonly observeTls?: ObserveTls;
  readonly lookUp?: LookUp;
  /**
   * Read at the first connection to the tenant; neither a proxy nor the vendor's client is shown it.
   * @throws AgentError
   */
  readonly clientCertificate?: (() => ClientCertificate) | undefined;
  /** The origin to which this machine proves its account, only over TLS; undefined for none. */
  readonly gatewayLogOn?: { readonly origin: string; readonly system: SystemLogOn | undefined } | undefined;
}

/**
 * Sends requests over HTTP/1.1: a route is chosen, a connection made, a request carried. No redirect is followed, no
 * compression asked for, and bodies, headers and time are bounded. Nothing of the network's code is loaded before the
 * first request.
 */
export function createSender(options: SenderOptions): Sender {
  const connections = new Map<string, HttpConnection>();
  const connecting = { ...options, lookUp: options.lookUp ?? createLookUp(), trust: createTlsContexts(options) };
  const closing = new AbortController();

  async function sendOnce(request: ApiRequest, key: string, limit: number, signal: AbortSignal): Promise<RawResponse> {
    const kept = connections.get(key);
    if (kept !== undefined && !kept.ended) {
      try {
        return await kept.exchange(request, signal);
      } catch (thrown) {
        // A server may end an idle connection at the moment at which a request is sent on it (RFC 9112 9.3.1).
        if (!diedUnanswered(thrown)) throw thrown;
      }
    }
    const connection = await connect(request, limit, connecting, signal);
    connections.set(key, connection);
    return await connection.exchange(request, signal);
  }

  return {
    async send(request, caller) {
      const key = `${request.origin} ${request.address ?? ""}`;
      const limit = Math.min(options.requestTimeout, request.timeLimit ?? options.requestTimeout);
      try {
        const signal = AbortSignal.any([caller, closing.signal]);
        return await withTimeLimit(limit, signal, (inTime) => sendOnce(request, key, limit, inTime));
      } catch (thrown) {
        connections.get(key)?.destroy();
        connections.delete(key);
        throw thrown;
      }
    },
    async close() {
      closing.abort(new AgentError("interrupted", "The program ends."));
      for (const connection of connections.values()) connection.destroy();
      connections.clear();
    },
  };
}

const diedUnanswered = (thrown: unknown): boolean =>
  thrown instanceof AgentError && thrown.code === "connection-lost" && thrown.place?.stage === "request";

type Connecting = SenderOptions & { readonly lookUp: LookUp; readonly trust: TlsContexts };

async function connect(
  request: ApiRequest,
  limit: number,
  options: Connecting,
  signal: AbortSignal,
): Promise<HttpConnection> {
  const { origin, address } = request;
  if (address !== undefined) return await connectBy("direct", request, options, signal);
  if (origin.startsWith("https:")) options.trust.tenant();
  const { routes, problem } = await untilAborted(chooseProxy(new URL(origin), options.proxy), signal).catch(
    (thrown) => {
      throw signal.aborted ? networkFailure(thrown, { ...tenantOf(origin), stage: "connection" }) : thrown;
    },
  );
  try {
    return await tryRoutes(routes, limit, signal, (route, inTime) => connectBy(route, request, options, inTime));
  } catch (thrown) {
    throw thrown instanceof AgentError ? withProblem(thrown, problem) : thrown;
  }
}

/** A host that can't be reached directly may be reachable through a proxy. @param problem of the choice */
function withProblem(failure: AgentError, problem: string | undefined): AgentError {
  if (problem === undefined || (failure.code !== "not-connected" && failure.code !== "name-not-resolved"))
    return failure;
  const message = `${failure.message} No proxy was used: ${problem}`;
  return new AgentError(failure.code, message, { cause: failure, place: failure.place });
}

const tenantOf = (origin: string): Party => ({ party: "tenant", host: new URL(origin).host });

async function connectBy(
  route: Route,
  { origin, address }: ApiRequest,
  { lookUp, trust, observeTls: observe, proxy, gatewayLogOn }: Connecting,
  signal: AbortSignal,
): Promise<HttpConnection> {
  const [{ createConnection }, { reach }] = await Promise.all([import("./http-connection.ts"), import("./reach.ts")]);
  const proxyTls = { context: trust.others, observe };
  const tls = { context: address === undefined ? trust.tenant : trust.others, observe };
  const reachOptions = { origin, address, tls, proxyTls, lookUp, logOn: proxy.logOn };
  // Asked before: another request may have the roots read meanwhile.
  const lookedUp = trust.lookUpRoots();
  const { socket, party } = await reach(route, reachOptions, signal).catch((thrown) => {
    if (!lookedUp || !isUntrustedChain(thrown)) throw thrown;
    trust.readAllRoots();
    return reach(route, reachOptions, signal);
  });
  const connection = createConnection(socket, origin, party);
  if (gatewayLogOn?.origin !== origin || address !== undefined) return connection;
  const { gatewayAt, withGatewayLogOn } = await import("./tenant/log-on.ts");
  return withGatewayLogOn(connection, gatewayAt(origin, socket), gatewayLogOn.system);
}
