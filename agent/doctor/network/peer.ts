import type { ProxyChoice } from "../../network/proxy/choice.ts";
import { bareHost, portOf } from "../../network/proxy/host-match.ts";

/** The host and port that this machine itself connects to: the tenant's, or those of the proxy before it. */
export interface Peer {
  /** Without brackets. */
  readonly host: string;
  readonly port: string;
  /** The proxy's origin; undefined if the tenant is asked directly. */
  readonly proxy: string | undefined;
  /** The proxy gets a user name and password. */
  readonly hasLogin: boolean;
}

/** The first route's proxy or tenant. */
export function peerOf(baseUrl: string, { routes }: ProxyChoice): Peer {
  const [route] = routes;
  const proxy = route === "direct" ? undefined : route;
  return { ...hostAndPort(proxy?.origin ?? baseUrl), proxy: proxy?.origin, hasLogin: proxy?.login !== undefined };
}

/** Of an http: or https: URL. */
export function hostAndPort(address: string): Pick<Peer, "host" | "port"> {
  const url = new URL(address);
  return { host: bareHost(url), port: portOf(url) };
}
