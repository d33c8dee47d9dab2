import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { AgentError, systemErrorCode } from "../errors.ts";
import type { ClientCertificate } from "../settings/client-certificate.ts";

const largest = 1024 * 1024;

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
  const own = caFile === undefined ? [] : readCertificates(caFile);
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

function readCertificates(path: string): readonly string[] {
  const invalid = (why: string, cause?: unknown) =>
    new AgentError("setting-invalid", `caFile: ${path} ${why}. It must hold CA certificates in PEM form.`, { cause });
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (cause) {
    throw invalid(`can't be read (${systemErrorCode(cause)})`, cause);
  }
  if (text.length > largest) throw invalid("is larger than 1 MiB");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw invalid("has no certificate in it");
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw invalid(`has a damaged certificate (number ${index + 1})`, cause);
    }
  }
  return blocks;
}
