import type { Socket } from "node:net";
import { dial, startTls, type Tls } from "./dial.ts";
import type { LookUp } from "./look-up.ts";
import type { Party } from "./network-failure.ts";
import { endpointOf, type ProxyAddress, type Route } from "./proxy/address.ts";
import { failedLogOn } from "./proxy/failed-log-on.ts";
import { portOf } from "./proxy/host-match.ts";
import { type LogOnMeans, ProxyLogOn } from "./proxy/log-on.ts";
import { endPointBinding } from "./tls/channel-binding.ts";
import { openTunnel } from "./tunnel/http-connect.ts";
import { openSocks } from "./tunnel/socks5.ts";

/** The target, and the means to reach it. */
export interface ReachOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Where the connection leads, in place of the origin's host. */
  readonly address: string | undefined;
  /** TLS contexts for the origin, and for proxies, which are not shown this device's certificate. */
  readonly tls: Omit<Tls, "name">;
  readonly proxyTls: Omit<Tls, "name">;
  readonly lookUp: LookUp;
  readonly logOn: LogOnMeans;
}

/** A connection to an origin, ready for requests. */
export interface OpenRoute {
  readonly socket: Socket;
  readonly party: Party;
}

/** @throws AgentError by where it failed, or the signal's reason; nothing is left open then */
export async function reach(route: Route, options: ReachOptions, signal: AbortSignal): Promise<OpenRoute> {
  const url = new URL(options.origin);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(portOf(url));
  const tls = url.protocol === "https:" ? { ...options.tls, name: host } : undefined;
  if (route === "direct") {
    const party: Party = { party: "tenant", host: url.host };
    const to = { host: options.address ?? host, port, party, tls };
    return { socket: await dial(to, options.lookUp, signal), party };
  }
  const party: Party = { party: "tenant", host: url.host, via: new URL(route.origin).host };
  const tunnel = await throughProxy(route, { host, port }, options, signal);
  return { socket: tls === undefined ? tunnel : await startTls(tunnel, tls, party, signal), party };
}

async function throughProxy(
  proxy: ProxyAddress,
  to: { readonly host: string; readonly port: number },
  { proxyTls, lookUp, logOn: means }: ReachOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const key = `${proxy.origin} ${proxy.login?.pair.reveal()}`;
  const before = means.failed.get(key);
  if (before !== undefined && means.now() < before.until) throw before.error;
  const { host, protocol } = new URL(proxy.origin);
  const authority = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  const party: Party = { party: "proxy", host, target: authority };
  const endpoint = endpointOf(proxy);
  const tls = protocol === "https:" ? { ...proxyTls, name: endpoint.host } : undefined;
  let socket: Socket | undefined;
  const connect = async (): Promise<Socket> => {
    socket = await dial({ ...endpoint, party, tls }, lookUp, signal);
    return socket;
  };
  const logOn = new ProxyLogOn(proxy, authority, means, () => endPointBinding(socket));
  try {
    const tunnel =
      protocol === "socks5:"
        ? await openSocks(await connect(), proxy, to, party, signal)
        : await openTunnel(connect, logOn, authority, party, signal);
    means.failed.delete(key);
    return tunnel;
  } catch (thrown) {
    socket?.destroy();
    const failure = failedLogOn(thrown, host, proxy.login, logOn.sent, before, means.now());
    if (failure !== undefined) means.failed.set(key, failure);
    throw failure?.error ?? thrown;
  } finally {
    logOn.close();
  }
}
