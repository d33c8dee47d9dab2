import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/**
 * What a log-on is bound to, so that nobody can pass it on to another server: the hash of the certificate that the peer
 * showed (`tls-server-end-point`, RFC 5929 4.1).
 * @returns undefined where the connection is not TLS
 */
export function endPointBinding(socket: Socket | undefined): Buffer | undefined {
  const certificate = (socket as Partial<TLSSocket> | undefined)?.getPeerX509Certificate?.();
  if (certificate === undefined) return undefined;
  const { createHash } = process.getBuiltinModule("node:crypto");
  const [, bits] = /SHA(384|512)/i.exec(certificate.signatureAlgorithm ?? "") ?? [];
  // MD5 and SHA-1 are replaced by SHA-256.
  const hash = createHash(`sha${bits ?? "256"}`)
    .update(certificate.raw)
    .digest();
  return Buffer.concat([Buffer.from("tls-server-end-point:"), hash]);
}
