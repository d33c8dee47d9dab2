import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** One certificate of a chain. */
interface Certificate {
  /** The common name, else the whole name. */
  readonly name: string;
  /** Wall-clock milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** The party that answered a TLS handshake, trusted or not. */
export interface TlsPeer {
  readonly host: string;
  /** `TLSv1.3` */
  readonly protocol: string;
  /** The server's first, then those of its issuers that were sent or are known here. */
  readonly chain: readonly Certificate[];
  /** The issuer named in the last one. */
  readonly issuer: string;
  /** The last one is among the public CAs that Node knows. */
  readonly publicRoot: boolean;
}

const maxChain = 10;

/** Reads the certificates at the end of a handshake; undefined if the server showed none. */
export function readTlsPeer(host: string, socket: TLSSocket): TlsPeer | undefined {
  const chain: X509Certificate[] = [];
  let next: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < maxChain) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  return {
    host,
    protocol: socket.getProtocol() ?? "TLS",
    chain: chain.map(describe),
    issuer: shortName(last.issuer),
    publicRoot: isPublicRoot(last),
  };
}

function describe({ subject, validFromDate, validToDate }: X509Certificate): Certificate {
  return { name: shortName(subject), validFrom: validFromDate.getTime(), validTo: validToDate.getTime() };
}

/** @param name in lines of `CN=…`, `O=…` */
export function shortName(name: string | undefined): string {
  const lines = name?.split("\n") ?? [];
  return lines.find((line) => line.startsWith("CN="))?.slice(3) ?? (lines.join(", ") || "a certificate without a name");
}

function isPublicRoot({ raw }: X509Certificate): boolean {
  // Not imported: a bundle would load it at every start.
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  const base64 = raw.toString("base64");
  return getCACertificates("bundled").some((pem) => pem.replace(/-----[^-]+-----|\s/g, "") === base64);
}
