import { madeAfter } from "../../clock.ts";
import { describeMoment } from "../../duration.ts";
import { messageOf, systemErrorCode } from "../../errors.ts";
import { printable } from "../../printable.ts";
import type { ShownCertificate } from "./certificate-chain.ts";

/**
 * Says what is wrong with a party's certificate or its TLS, and what to do. A code that is not known here is shown with
 * OpenSSL's own reason: no list is complete.
 * @param cause what Node's TLS reported: an error of OpenSSL's X509_verify_cert, of its library, or Node's own
 * @param peer who showed it: `gears.opswat.com`, `the proxy proxy.example.com:3128`
 * @param shown undefined if it showed no certificate, or none is known
 * @param now wall-clock milliseconds
 */
export function handshakeFault(cause: unknown, peer: string, shown: ShownCertificate | undefined, now: number): string {
  const code = systemErrorCode(cause) ?? "no code";
  const said = faults[code]?.(shown, now) ?? ofTheProtocol(code, shown) ?? unlisted(cause, shown);
  return `${peer} ${said} (${code}).`;
}

const inspected =
  "Trust this CA only if your organisation runs it, for example because a proxy inspects TLS: add it to the system's store or name it in caFile";

function unknownIssuer(shown: ShownCertificate | undefined): string {
  if (shown === undefined) {
    return `shows a certificate from an issuer that is not trusted here. ${inspected}. Otherwise the server may have left out an intermediate certificate`;
  }
  const { issuer, chain, hasPublishedIssuer } = shown;
  if (chain.length > 1)
    return `shows a certificate from ${issuer}, whose chain ends at a CA that is not trusted here. ${inspected}`;
  return hasPublishedIssuer
    ? `sends only its own certificate and leaves out that of its issuer, ${issuer}. Have the server send the whole chain; until then, name the missing certificate in caFile`
    : `shows a certificate from ${issuer}, which is not trusted here, and sends no other certificate. ${inspected}. Otherwise the server may have left out an intermediate certificate`;
}

function selfMade(shown: ShownCertificate | undefined): string {
  const from = shown === undefined ? "" : ` (${shown.issuer})`;
  return `shows a self-signed certificate${from}. A captive portal may answer in its place. ${inspected}`;
}

/** Any certificate of a chain may be expired or not yet valid; the server's is the first. */
function wrongTime(shown: ShownCertificate | undefined, now: number, ownFault: string, issuersFault: string): string {
  if (now < madeAfter) {
    return `shows a certificate that is not valid at ${describeMoment(now)}, the time of this machine's clock. The clock is wrong: it shows a time before this program was built. Set it`;
  }
  const at = shown?.chain.findIndex(({ validFrom, validTo }) => now < validFrom || now > validTo) ?? -1;
  const faulty = shown?.chain[at];
  if (faulty === undefined) return `shows a certificate that is not valid now. ${ownFault}`;
  const which = at === 0 ? "a certificate" : `a chain in which the certificate of the CA ${faulty.name}`;
  const span = `${describeMoment(faulty.validFrom)} to ${describeMoment(faulty.validTo)}`;
  return `shows ${which}${at === 0 ? " that" : ""} is valid from ${span}; this machine's clock says ${describeMoment(now)}. ${at === 0 ? ownFault : issuersFault}`;
}

type Fault = (shown: ShownCertificate | undefined, now: number) => string;

/** Messages by the codes of X509_verify_cert, and Node's own for a wrong name. */
const faults: Readonly<Record<string, Fault>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: selfMade,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfMade,
  CERT_REVOKED: () => "shows a certificate that its CA has revoked. The server needs another one",
  CERT_HAS_EXPIRED: (shown, now) =>
    wrongTime(
      shown,
      now,
      "Check the clock first; if it is right, the certificate has expired",
      "Check the clock first; if it is right, that CA's certificate has expired: have the server send the current one",
    ),
  CERT_NOT_YET_VALID: (shown, now) =>
    wrongTime(
      shown,
      now,
      "Check the clock: it seems to be behind",
      "Check the clock: it seems to be behind; otherwise have the server send that CA's current certificate",
    ),
  ERR_TLS_CERT_ALTNAME_INVALID: (shown) =>
    `shows a certificate for another name${shown === undefined ? "" : ` (${shown.names})`}. A captive portal or a proxy may answer in its place; otherwise check the address in the settings`,
  INVALID_PURPOSE: wrongPurpose,
  INVALID_CA: wrongPurpose,
};

/** OpenSSL has the same codes for the server's own certificate and for its issuers'. */
function wrongPurpose(shown: ShownCertificate | undefined): string {
  const issuer = shown?.chain.slice(1).find(({ isCa }) => !isCa);
  return issuer === undefined
    ? `shows a certificate${named(shown)} that was not issued for a TLS server (extended key usage). The server needs another one`
    : `shows a chain in which the certificate of the issuer ${issuer.name} is not a CA certificate (basic constraints). The issuer needs a CA certificate`;
}

const named = (shown: ShownCertificate | undefined): string =>
  shown === undefined ? "" : ` (${shown.chain[0]?.name}, issued by ${shown.issuer})`;

/** Alerts and errors of the handshake itself (RFC 8446 6.2), by what Node makes of OpenSSL's reason. */
function ofTheProtocol(code: string, shown: ShownCertificate | undefined): string | undefined {
  if (/_ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) return refusesDevice;
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|INAPPROPRIATE_FALLBACK/.test(code)) {
    return "offers no version of TLS that is safe today; linkuser-agent supports TLS 1.2 and 1.3. The server, or a proxy that inspects TLS, needs a newer one";
  }
  if (/_ALERT_HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|NO_SHARED_CIPHER|NO_SUITABLE|_TOO_SMALL/.test(code)) {
    // After the server's certificate, a failure concerns the client's.
    return shown === undefined
      ? "ends the TLS handshake before it shows a certificate: it has no cipher, curve or kind of key in common with linkuser-agent. The server, or a proxy that inspects TLS, needs current ones"
      : refusesDevice;
  }
  if (/UNRECOGNIZED_NAME/.test(code)) {
    return "does not serve this name over TLS. Check the address in the settings";
  }
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/.test(code)) {
    return "does not speak TLS at this port. Another service or a proxy may answer there; check the address's port";
  }
  return undefined;
}

const refusesDevice =
  "refuses this device over TLS. It may want a client certificate, or a different one. Check clientCertFile and clientKeyFile";

function unlisted(cause: unknown, shown: ShownCertificate | undefined): string {
  const given = cause instanceof Error && "reason" in cause ? cause.reason : undefined;
  const reason = printable(typeof given === "string" ? given : messageOf(cause), 200);
  return shown === undefined
    ? `can't be reached over TLS: ${reason}. Another service or a proxy may answer at this port`
    : `shows a certificate${named(shown)} that is not accepted: ${reason}. The server, or the proxy that inspects TLS, needs another certificate`;
}
