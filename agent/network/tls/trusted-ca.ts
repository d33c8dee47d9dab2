import type { SecureContext } from "node:tls";
import type { ClientCertificate } from "../../settings/client-certificate.ts";
import type { SettingFile } from "../../settings/named-file.ts";
import { readCaFile } from "../../settings/pem-certificates.ts";

/**
 * Whom TLS trusts: Node's own list and, as the executable runs with `--use-system-ca`, the system's store, and beside
 * them the certificates of `caFile`. The executable's Node does not know `NODE_EXTRA_CA_CERTS`: whoever starts the
 * program must not decide whom it trusts.
 * @param clientCertificate shown to the other side where it asks for one
 * @throws AgentError `setting-invalid`
 */
export function trustedContext(caFile: SettingFile | undefined, clientCertificate?: ClientCertificate): SecureContext {
  // Not imported: a bundle would load it at every start.
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const own = caFile === undefined ? [] : readCaFile(caFile).map(({ pem }) => pem);
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(clientCertificate && { cert: clientCertificate.certificates, key: clientCertificate.key.reveal() }),
  });
  const native: NativeContext = context.context;
  for (const pem of own) native.addCACert(pem);
  return context;
}

/**
 * Node's own part of a context (26.10). The option `ca` replaces the list that Node keeps parsed, and handing that list
 * back as text to be parsed again takes 20 ms more than adding to it.
 */
interface NativeContext {
  addCACert(pem: string): void;
}
