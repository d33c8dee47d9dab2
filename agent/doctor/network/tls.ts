import type { TlsPeer } from "../../network/tls/certificate-chain.ts";
import type { Finding } from "../check.ts";
import type { ValuesFor } from "../context.ts";
import { hostAndPort } from "./peer.ts";

export function checkTls(
  _context: unknown,
  { connection: reached, tenant: { peers, baseUrl } }: ValuesFor<"connection" | "tenant">,
): Finding {
  const { protocol } = new URL(baseUrl);
  const { host } = hostAndPort(baseUrl);
  const peer = peers.findLast((one) => one.host === host || reached.kind === "untrusted");
  const [own] = peer?.chain ?? [];
  if (reached.kind === "untrusted") {
    const { error } = reached;
    return {
      status: "fail",
      error,
      detail: peer === undefined ? error.message : `${error.message} Chain: ${issuersOf(peer)}.`,
    };
  }
  if (protocol === "http:") return { status: "skip", detail: "baseUrl is an http: address", value: true };
  if (peer === undefined) return { status: "ok", detail: "trusted", value: true };
  const root = peer.publicRoot ? "" : "not a public CA (TLS is inspected?): ";
  return {
    status: "ok",
    detail: `${root}${issuersOf(peer)}, until ${day(own?.validTo)}, ${peer.protocol}`,
    value: true,
  };
}

function issuersOf({ chain, issuer }: TlsPeer): string {
  const [own, ...issuers] = chain.map(({ name }) => name);
  const all = [...issuers, ...(issuer === chain.at(-1)?.name ? [] : [issuer])];
  return all.length === 0 ? `${own}, self-signed` : `issuer ${all.join(", ")}`;
}

const day = (ms: number | undefined): string =>
  ms === undefined || Number.isNaN(ms) ? "?" : new Date(ms).toISOString().slice(0, 10);
