import type { X509Certificate } from "node:crypto";
import { madeAfter } from "../../clock.ts";
import { describeMoment } from "../../duration.ts";
import { printable } from "../../printable.ts";
import { shortName } from "./peer.ts";

/** What a server showed of itself in a handshake that failed. */
export interface ShownCertificate {
  readonly issuer: string;
  /** Host names and addresses for which it is valid, the first few. */
  readonly names: string;
  /** Wall-clock milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
  /** No issuer's certificate came with it. */
  readonly alone: boolean;
  /**
   * It names an address at which its issuer's certificate is kept (RFC 5280 4.2.2.1), as public CAs' do and made-up
   * ones don't.
   */
  readonly hasPublishedIssuer: boolean;
}

/** @param certificate the server's own; others must not show through unescaped */
export function readShown(certificate: X509Certificate): ShownCertificate {
  const { issuer, issuerCertificate, subjectAltName, infoAccess, validFromDate, validToDate } = certificate;
  const names = subjectAltName?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, "")) ?? [];
  return {
    issuer: printable(shortName(issuer), 100),
    names: printable(names.length === 0 ? "no name" : names.slice(0, 3).join(", "), 200),
    validFrom: validFromDate.getTime(),
    validTo: validToDate.getTime(),
    alone: issuerCertificate === undefined,
    hasPublishedIssuer: infoAccess?.includes("CA Issuers - URI:") === true,
  };
}

/**
 * Says what is wrong with a certificate, and what to do; undefined for a code that is about something else.
 * @param code of OpenSSL's X509_verify_cert, or Node's own for a wrong name
 * @param peer who showed it: `gears.opswat.com`, `the proxy proxy.example.com:3128`
 * @param shown undefined where it is not known
 * @param now wall-clock milliseconds
 */
export function certificateFault(
  code: string,
  peer: string,
  shown: ShownCertificate | undefined,
  now: number,
): string | undefined {
  const said = faults[code]?.(shown, now);
  return said === undefined ? undefined : `${peer} ${said} (${code}).`;
}

const inspected = "Where a proxy inspects TLS, add its CA to the system's store or name it in caFile";

function unknownIssuer(shown: ShownCertificate | undefined): string {
  if (shown === undefined) {
    return `shows a certificate from an issuer that is not trusted here. ${inspected}; otherwise the server leaves out an intermediate certificate`;
  }
  const { issuer, alone, hasPublishedIssuer } = shown;
  if (!alone)
    return `shows a certificate from ${issuer}, whose chain ends at a CA that is not trusted here. ${inspected}`;
  return hasPublishedIssuer
    ? `sends its certificate alone and leaves out that of its issuer, ${issuer}. Have the server send the whole chain; until then, name the missing certificate in caFile`
    : `shows a certificate from ${issuer}, which is not trusted here, and sends no further one. ${inspected}; otherwise the server leaves out an intermediate certificate`;
}

function selfMade(shown: ShownCertificate | undefined): string {
  const from = shown === undefined ? "" : ` (${shown.issuer})`;
  return `shows a certificate that its maker signed without a trusted CA${from}. A captive portal may answer in its place. ${inspected}`;
}

function wrongTime(shown: ShownCertificate | undefined, now: number, otherwise: string): string {
  if (now < madeAfter) {
    return `shows a certificate that is not valid at ${describeMoment(now)}, as this machine's clock says. The clock is wrong: that is before this program was made. Set it`;
  }
  if (shown === undefined) return `shows a certificate that is not valid now. ${otherwise}`;
  const { validFrom, validTo } = shown;
  return `shows a certificate that is valid from ${describeMoment(validFrom)} to ${describeMoment(validTo)}; this machine's clock says ${describeMoment(now)}. ${otherwise}`;
}

const faults: Readonly<Record<string, (shown: ShownCertificate | undefined, now: number) => string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: selfMade,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfMade,
  CERT_REVOKED: () => "shows a certificate that its CA has revoked. The server needs another one",
  CERT_HAS_EXPIRED: (shown, now) =>
    wrongTime(shown, now, "Check the clock first; if it is right, the certificate has expired"),
  CERT_NOT_YET_VALID: (shown, now) => wrongTime(shown, now, "Check the clock: it seems to be behind"),
  ERR_TLS_CERT_ALTNAME_INVALID: (shown) =>
    `shows a certificate for another name${shown === undefined ? "" : ` (${shown.names})`}. A captive portal or a proxy may answer in its place; otherwise check the address in the settings`,
};
