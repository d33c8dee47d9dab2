import type { SecureContext } from "node:tls";
import { AgentError, systemErrorCode } from "../../errors.ts";
import type { ClientCertificate } from "../../settings/client-certificate.ts";
import type { SettingFile } from "../../settings/named-file.ts";
import { readCaFile } from "../../settings/pem-certificates.ts";

/** Contexts of TLS, made when they are first asked for and then kept: with the system's store one takes about 100 ms. */
export interface TlsContexts {
  /** With this device's certificate, where it has one. @throws AgentError */
  tenant(): SecureContext;
  /** @throws AgentError `setting-invalid` */
  others(): SecureContext;
}

/** @param clientCertificate read at the first connection to the tenant */
export function createTlsContexts({
  caFile,
  clientCertificate,
}: {
  readonly caFile: SettingFile | undefined;
  readonly clientCertificate?: (() => ClientCertificate) | undefined;
}): TlsContexts {
  let tenant: SecureContext | undefined;
  let others: SecureContext | undefined;
  const trust: TlsContexts = {
    others() {
      others ??= trustedContext(caFile);
      return others;
    },
    tenant() {
      const certificate = tenant === undefined ? clientCertificate?.() : undefined;
      tenant ??= certificate === undefined ? trust.others() : trustedContext(caFile, certificate);
      return tenant;
    },
  };
  return trust;
}

/**
 * Whom TLS trusts: Node's own list and, as the executable runs with `--use-system-ca`, the system's store, and beside
 * them the certificates of `caFile`. The executable's Node ignores `NODE_EXTRA_CA_CERTS`: a user who starts the
 * program must not decide whom it trusts.
 * @param clientCertificate shown to the other side where it asks for one
 * @throws AgentError `setting-invalid`; `credentials-invalid` for a client's certificate that OpenSSL does not take
 */
function trustedContext(caFile: SettingFile | undefined, clientCertificate?: ClientCertificate): SecureContext {
  // Not imported: a bundle would load it at every start.
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const own = caFile === undefined ? [] : readCaFile(caFile).map(({ pem }) => pem);
  let context: SecureContext;
  try {
    context = createSecureContext({
      minVersion: "TLSv1.2",
      // What an administrator named is trusted as it is, an intermediate CA too; curl does the same.
      allowPartialTrustChain: own.length > 0,
      ...(clientCertificate && { cert: clientCertificate.certificates, key: clientCertificate.key.reveal() }),
    });
  } catch (cause) {
    if (clientCertificate === undefined) throw cause;
    const message = `The certificate in clientCertFile is not accepted by OpenSSL (${systemErrorCode(cause)}). It may be of a kind or size that is not safe today: give this device another one.`;
    throw new AgentError("credentials-invalid", message, { cause });
  }
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
