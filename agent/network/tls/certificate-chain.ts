import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { printable } from "../../printable.ts";

/** One certificate of a chain. */
interface ChainCertificate {
  /** The common name, else the whole name. */
  readonly name: string;
  /** Wall-clock milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
  /** By its basic constraints. */
  readonly isCa: boolean;
}

/** The certificates that a server showed in a failed handshake. */
export interface ShownCertificate {
  readonly issuer: string;
  /** Host names and addresses for which it is valid, the first few. */
  readonly names: string;
  /** Its own certificate, then those of its issuers that were sent or are known here; at least one. */
  readonly chain: readonly ChainCertificate[];
  /**
   * It contains an address of its issuer's certificate (RFC 5280 4.2.2.1), as public CAs' certificates do and
   * improvised ones don't.
   */
  readonly hasPublishedIssuer: boolean;
}

export function readShown(certificate: X509Certificate): ShownCertificate {
  const { issuer, subject, subjectAltName, infoAccess } = certificate;
  const names = subjectAltName?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, "")) ?? [];
  return {
    issuer: shortName(issuer),
    names: names.length === 0 ? shortName(subject) : printable(names.slice(0, 3).join(", "), 200),
    chain: chainFrom(certificate).map(readCertificate),
    hasPublishedIssuer: infoAccess?.includes("CA Issuers - URI:") === true,
  };
}

/** The party that answered a TLS handshake, trusted or not. */
export interface TlsPeer {
  readonly host: string;
  /** `TLSv1.3` */
  readonly protocol: string;
  /** As in {@link ShownCertificate}. */
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
    chain: chain.map(readCertificate),
    issuer: shortName(last.issuer),
    publicRoot: isPublicRoot(last),
  };
}

const maxChain = 10;

/** A certificate, then those of its issuers. */
function chainFrom(certificate: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = certificate; next !== undefined && chain.length < maxChain; next = next.issuerCertificate) {
    chain.push(next);
  }
  return chain;
}

function readCertificate({ subject, validFromDate, validToDate, ca }: X509Certificate): ChainCertificate {
  return { name: shortName(subject), validFrom: validFromDate.getTime(), validTo: validToDate.getTime(), isCa: ca };
}

/** @param name in lines of `CN=…`, `O=…` */
function shortName(name: string | undefined): string {
  const lines = name?.split("\n") ?? [];
  const commonName = lines.find((line) => line.startsWith("CN="))?.slice(3);
  return printable(commonName ?? (lines.join(", ") || "a certificate without a name"), 100);
}

function isPublicRoot({ raw }: X509Certificate): boolean {
  // Not imported: a bundle would load it at every start.
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  const base64 = raw.toString("base64");
  return getCACertificates("bundled").some((pem) => pem.replace(/-----[^-]+-----|\s/g, "") === base64);
}
