import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/**
 * Binds a log-on to its connection, so that it can't be relayed over another one: `tls-server-end-point` (RFC 5929 4)
 * of the certificate that the peer showed.
 * @returns undefined if the connection is not TLS, and for {@link bindingTo}'s reason
 */
export function endPointBinding(socket: Socket | undefined): Buffer | undefined {
  const certificate = (socket as Partial<TLSSocket> | undefined)?.getPeerX509Certificate?.();
  return certificate && bindingTo(certificate);
}

/** Undefined if the signature has no hash function of its own (Ed25519), as the RFC leaves it. @internal */
export function bindingTo(certificate: X509Certificate): Buffer | undefined {
  const hash = bindingHash(certificate);
  if (hash === undefined) return undefined;
  const { createHash } = process.getBuiltinModule("node:crypto");
  return Buffer.concat([Buffer.from("tls-server-end-point:"), createHash(hash).update(certificate.raw).digest()]);
}

/** That of the signature; SHA-256 for MD5 and SHA-1. */
function bindingHash({ signatureAlgorithm, raw }: X509Certificate): string | undefined {
  const name = signatureAlgorithm?.toLowerCase() ?? "";
  if (name === "rsassapss") return hashOfPss(raw);
  const [hash] = /sha3-\d{3}|sha\d{3}/.exec(name) ?? [];
  return hash ?? (/md5|sha1/.test(name) ? "sha256" : undefined);
}

/** The parameters of RSASSA-PSS name the hash, SHA-1 where they do not (RFC 4055 3.1). */
function hashOfPss(certificate: Buffer): string {
  const pss = /2a864886f70d01010a30..a0..30..060960864801650304020([123])/.exec(certificate.toString("hex"));
  return pss?.[1] === "2" ? "sha384" : pss?.[1] === "3" ? "sha512" : "sha256";
}
