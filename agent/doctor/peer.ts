import type { ProxyChoice } from "../api/proxy-choice.ts";

/** The host and port that this machine itself connects to. */
export interface Peer {
  readonly host: string;
  readonly port: string;
  readonly role: "tenant" | "proxy";
}

export function peerOf(baseUrl: string, { proxy }: ProxyChoice): Peer {
  const url = new URL(proxy?.origin ?? baseUrl);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, role: proxy === undefined ? "tenant" : "proxy" };
}
