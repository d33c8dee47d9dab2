import type { ProxyChoice } from "../../network/proxy/choice.ts";
import { bareHost, portOf } from "../../network/proxy/host-match.ts";

/** The host and port that this machine itself connects to: the tenant's, or those of the proxy before it. */
export interface Peer {
  /** Without brackets. */
  readonly host: string;
  readonly port: string;
  /** The proxy's origin; undefined if the tenant is asked directly. */
  readonly proxy: string | undefined;
}

/** The first route's proxy or tenant. */
export function peerOf(baseUrl: string, { routes }: ProxyChoice): Peer {
  const [route] = routes;
  const proxy = route === undefined || route === "direct" ? undefined : route.origin;
  return { ...hostAndPort(proxy ?? baseUrl), proxy };
}

/** Of an http: or https: URL. */
export function hostAndPort(address: string): Pick<Peer, "host" | "port"> {
  const url = new URL(address);
  return { host: bareHost(url), port: portOf(url) };
}
