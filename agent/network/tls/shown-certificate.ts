import type { X509Certificate } from "node:crypto";
import { printable } from "../../printable.ts";
import { type ChainCertificate, chainFrom, readLink, shortName } from "./peer.ts";

/** A certificate that a server sent, or a locally known issuer's. */
interface ChainLink extends ChainCertificate {
  /** By its basic constraints. */
  readonly isCa: boolean;
}

/** The certificates that a server showed in a failed handshake. */
export interface ShownCertificate {
  readonly issuer: string;
  /** Host names and addresses for which it is valid, the first few. */
  readonly names: string;
  /** Its own certificate, then those of its issuers that were sent; at least one. */
  readonly chain: readonly ChainLink[];
  /**
   * It contains an address of its issuer's certificate (RFC 5280 4.2.2.1), as public CAs' certificates do and
   * improvised ones don't.
   */
  readonly hasPublishedIssuer: boolean;
}

/** @param certificate the server's own; others must not show through unescaped */
export function readShown(certificate: X509Certificate): ShownCertificate {
  const { issuer, subject, subjectAltName, infoAccess } = certificate;
  const names = subjectAltName?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, "")) ?? [];
  const chain = chainFrom(certificate).map((one) => {
    const link = readLink(one);
    return { ...link, name: printable(link.name, 100), isCa: one.ca };
  });
  return {
    issuer: printable(shortName(issuer), 100),
    names: printable(names.length === 0 ? shortName(subject) : names.slice(0, 3).join(", "), 200),
    chain,
    hasPublishedIssuer: infoAccess?.includes("CA Issuers - URI:") === true,
  };
}
