import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** One certificate of a chain. */
export interface ChainCertificate {
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
  readonly chain: readonly ChainCertificate[];
  /** The issuer named in the last one. */
  readonly issuer: string;
  /** The last one is among the public CAs that Node knows. */
  readonly publicRoot: boolean;
}

/** Reads the certificates at the end of a handshake; undefined if the server showed none. */
export function readTlsPeer(host: string, socket: TLSSocket): TlsPeer | undefined {
  const chain = chainFrom(socket.getPeerX509Certificate());
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  return {
    host,
    protocol: socket.getProtocol() ?? "TLS",
    chain: chain.map(readLink),
    issuer: shortName(last.issuer),
    publicRoot: isPublicRoot(last),
  };
}

const maxChain = 10;

/** A certificate, then those of its issuers that were sent or are known here. */
export function chainFrom(certificate: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = certificate; next !== undefined && chain.length < maxChain; next = next.issuerCertificate) {
    chain.push(next);
  }
  return chain;
}

export function readLink({ subject, validFromDate, validToDate }: X509Certificate): ChainCertificate {
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
