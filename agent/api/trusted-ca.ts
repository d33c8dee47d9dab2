import type { SecureContext } from "node:tls";
import type { ClientCertificate } from "../settings/client-certificate.ts";
import { readPemCertificates } from "../settings/pem-certificates.ts";

/**
 * Whom TLS trusts: Node's own list and, as the executable runs with `--use-system-ca`, the system's store, and beside
 * them the certificates of `caFile`. What `NODE_EXTRA_CA_CERTS` names is left out: whoever starts the program must not
 * decide whom it trusts.
 * @param clientCertificate shown to the other side where it asks for one
 * @throws AgentError `setting-invalid`
 */
export function trustedContext(caFile: string | undefined, clientCertificate?: ClientCertificate): SecureContext {
  // Not imported: a bundle would load it at every start.
  const { createSecureContext, getCACertificates } = process.getBuiltinModule("node:tls");
  const own =
    caFile === undefined ? [] : readPemCertificates("caFile", caFile, "CA certificates").map(({ pem }) => pem);
  const options = {
    minVersion: "TLSv1.2",
    ...(clientCertificate && { cert: clientCertificate.certificates, key: clientCertificate.key.reveal() }),
  } as const;
  const foreign = getCACertificates("extra").length > 0;
  if (own.length === 0 && !foreign) return createSecureContext(options);
  const base = foreign
    ? [...getCACertificates("bundled"), ...getCACertificates("system")]
    : getCACertificates("default");
  // Node lists a certificate of the system's once for each file in /etc/ssl/certs that has it, and parses each again.
  return createSecureContext({ ...options, ca: [...new Set([...base, ...own])] });
}
