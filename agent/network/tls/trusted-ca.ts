import { existsSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { AgentError, systemErrorCode } from "../../errors.ts";
import type { ClientCertificate } from "../../settings/client-certificate.ts";
import type { SettingFile } from "../../settings/named-file.ts";
import { readCaFile } from "../../settings/pem-certificates.ts";

/** Contexts of TLS, made when they are first asked for and then kept. */
export interface TlsContexts {
  /** With this device's certificate, if it has one. @throws AgentError */
  tenant(): SecureContext;
  /** @throws AgentError `setting-invalid` */
  others(): SecureContext;
  /** Whether a chain that fails with these contexts may be trusted after {@link readAllRoots}. */
  lookUpRoots(): boolean;
  /** Contexts trust all roots from now on. */
  readAllRoots(): void;
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
  let roots = availableRoots();
  const trust: TlsContexts = {
    others() {
      others ??= trustedContext(roots, caFile);
      return others;
    },
    tenant() {
      const certificate = tenant === undefined ? clientCertificate?.() : undefined;
      tenant ??= certificate === undefined ? trust.others() : trustedContext(roots, caFile, certificate);
      return tenant;
    },
    lookUpRoots: () => roots === "looked up",
    readAllRoots() {
      if (roots === "read") return;
      roots = "read";
      tenant = others = undefined;
    },
  };
  return trust;
}

/**
 * The sources of Node's public CAs and of the system's store. `Node's`: Node reads them, by its flags. `looked up`:
 * OpenSSL takes a root from the system's store when a chain needs it, which saves reading some 300 certificates.
 * `read`: this program reads all.
 */
type Roots = "Node's" | "looked up" | "read";

function availableRoots(): Roots {
  if (!process.execArgv.includes("--use-openssl-ca")) return "Node's";
  return existsSync(openedFile) || !existsSync(bundleAlone) ? "looked up" : "read";
}

/** OpenSSL in Node's Linux executables (26.10) reads this file, and looks in the folder `certs` beside it. */
const openedFile = "/etc/ssl/cert.pem";
/** RHEL 8 has its store in this file, without the names by which OpenSSL looks up. */
const bundleAlone = "/etc/ssl/certs/ca-bundle.crt";

function allRoots(): string[] {
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  const roots = [...getCACertificates("bundled"), ...getCACertificates("system")];
  // Most are in both, in lines of different lengths.
  return [...new Map(roots.map((pem) => [pem.replaceAll("\n", ""), pem])).values()];
}

/**
 * Trusted CAs: the system's roots and the certificates of `caFile`. The executable's Node ignores
 * `NODE_EXTRA_CA_CERTS`: a user who starts the program must not decide what it trusts.
 * @param clientCertificate shown to the other side where it asks for one
 * @throws AgentError `setting-invalid`; `credentials-invalid` for a client's certificate that OpenSSL does not take
 */
function trustedContext(
  roots: Roots,
  caFile: SettingFile | undefined,
  clientCertificate?: ClientCertificate,
): SecureContext {
  // Not imported: a bundle would load it at every start.
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const own = caFile === undefined ? [] : readCaFile(caFile).map(({ pem }) => pem);
  let context: SecureContext;
  try {
    context = createSecureContext({
      minVersion: "TLSv1.2",
      ...(roots === "read" && { ca: allRoots() }),
      // A certificate that an administrator named is trusted as it is, also an intermediate CA's; curl does the same.
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
 * Node's own part of a context (26.10). The option `ca` replaces Node's parsed list; passing that list as text to be
 * parsed again takes 20 ms longer than adding to it.
 */
interface NativeContext {
  addCACert(pem: string): void;
}
