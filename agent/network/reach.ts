import type { Socket } from "node:net";
import { AgentError } from "../errors.ts";
import { dial, startTls, type Tls } from "./dial.ts";
import type { LookUp } from "./look-up.ts";
import type { Party } from "./network-failure.ts";
import { endpointOf, type ProxyAddress, type Route } from "./proxy/address.ts";
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
  const refused = means.refused.get(key);
  if (refused !== undefined) throw refused;
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
    if (protocol !== "socks5:") return await openTunnel(connect, logOn, authority, party, signal);
    const socket = await connect();
    return await openSocks(socket, proxy, to, party, signal).then(
      () => socket,
      (thrown) => {
        socket.destroy();
        throw thrown;
      },
    );
  } catch (thrown) {
    const refusal = refusalOfLogOn(thrown, proxy, logOn, host);
    if (refusal === undefined) throw thrown;
    means.refused.set(key, refusal);
    throw refusal;
  } finally {
    // Not waited for: the system's thread may be busy with a KDC that does not answer.
    void logOn.close();
  }
}

/** Some proxies answer a wrong password by closing the connection: to send it again could lock the account. */
function refusalOfLogOn(
  thrown: unknown,
  { login, origin }: ProxyAddress,
  logOn: ProxyLogOn,
  host: string,
): AgentError | undefined {
  if (!(thrown instanceof AgentError) || thrown.place?.stage !== "proxy log-on") return undefined;
  const isSent = origin.startsWith("socks5:") ? login !== undefined : logOn.sent !== undefined;
  if (!isSent) return undefined;
  if (thrown.code === "proxy-refused") return thrown;
  if (thrown.code !== "connection-lost") return undefined;
  const what = whatMayBeWrong(login, logOn);
  if (what === undefined) return undefined;
  const message = `The proxy ${host} closed the connection after it got ${what}, without an answer. The proxy may have refused it. To avoid an account lockout, it is not sent again in this run. Check it, and the proxy's log.`;
  return new AgentError("proxy-refused", message, { cause: thrown, place: thrown.place });
}

/** Wrong passwords lock accounts; Kerberos tickets do not. */
function whatMayBeWrong(login: ProxyAddress["login"], { sent }: ProxyLogOn): string | undefined {
  if (sent === "NTLM") return "the log-on by NTLM";
  if (login === undefined || (sent ?? "Basic") !== "Basic") return undefined;
  return `the user name and password from ${login.origin}`;
}
