import { day } from "../duration.ts";
import { AgentError, systemErrorCode } from "../errors.ts";
import { shellWord } from "../printable.ts";
import type { Reading } from "../reading.ts";
import { Secret } from "../secret.ts";
import type { SettingFile } from "./named-file.ts";
import { readPemCertificates } from "./pem-certificates.ts";

/** Shown only to the tenant's address, over TLS. */
export interface ClientCertificate {
  /** PEM: the device's own certificate, then issuers that the other side may not know. */
  readonly certificates: string;
  /** PEM, PKCS#8. */
  readonly key: Secret;
}

/** The device's own certificate, for people. */
interface DescribedCertificate {
  /** The common name, else the whole name. */
  readonly name: string;
  /** The last day. */
  readonly until: string;
  /** Why it is invalid now or soon. */
  readonly warning: string | undefined;
}

/**
 * Reads certificate and key and checks that they fit.
 * @param readProtected refuses what others may read
 * @throws AgentError `setting-invalid`; for the key `credentials-missing`, `credentials-exposed`,
 * `credentials-unreadable`, `credentials-invalid`
 */
export function readClientCertificate(
  certFile: SettingFile,
  keyFile: SettingFile,
  readProtected: (path: string) => Reading<string>,
): ClientCertificate {
  const certificates = readCertificates(certFile);
  const file = readProtected(keyFile.path);
  if (file.kind === "failed") throw systemErrorCode(file.error.cause) === "EILSEQ" ? binaryKey(keyFile) : file.error;
  if (file.kind === "absent") {
    throw new AgentError("credentials-missing", `${keyFile.origin}: ${keyFile.path} does not exist.`);
  }
  const key = parseKey(file.value, keyFile);
  if (!certificates[0].parsed.checkPrivateKey(key)) {
    throw new AgentError(
      "credentials-invalid",
      `${keyFile.origin}: ${keyFile.path} is not the key of the certificate in ${certFile.path}.`,
    );
  }
  return { certificates: certificates.map(({ pem }) => pem).join("\n"), key: new Secret(file.value) };
}

/** @throws AgentError `setting-invalid` */
export function describeCertificate(certFile: SettingFile, now: number): DescribedCertificate {
  const { subject, validFromDate, validToDate } = readCertificates(certFile)[0].parsed;
  const lines = subject?.split("\n") ?? [];
  const name = lines.find((line) => line.startsWith("CN="))?.slice(3) ?? lines.join(", ");
  return { name, until: dateOf(validToDate), warning: warningFor(validFromDate, validToDate, now) };
}

function warningFor(from: Date, to: Date, now: number): string | undefined {
  if (to.getTime() < now) return `the client certificate expired on ${dateOf(to)}`;
  if (from.getTime() > now)
    return `the client certificate is not valid before ${dateOf(from)}; is this machine's clock right?`;
  return to.getTime() - now < soon ? `the client certificate expires on ${dateOf(to)}` : undefined;
}

const dateOf = (moment: Date): string => moment.toISOString().slice(0, 10);

/** Milliseconds: 14 days. */
const soon = 14 * day;

const readCertificates = (file: SettingFile) =>
  readPemCertificates(file, { words: "a certificate", inPkcs12: "-clcerts" });

function binaryKey({ path, origin }: SettingFile): AgentError {
  const word = shellWord(path);
  const message = `${origin}: ${path} is not in PEM form (PKCS#8). Convert it: if it is DER, openssl pkey -inform DER -in ${word} -out NEWFILE, or, if it is PKCS#12, openssl pkcs12 -in ${word} -nocerts -nodes -out NEWFILE`;
  return new AgentError("credentials-invalid", message);
}

function parseKey(text: string, { path, origin }: SettingFile): import("node:crypto").KeyObject {
  const invalid = (why: string) => new AgentError("credentials-invalid", `${origin}: ${path} ${why}`);
  const convert = `openssl pkcs8 -topk8 -nocrypt -in ${shellWord(path)} -out NEWFILE`;
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw invalid(`is encrypted, and an unattended run can't ask for its password. Decrypt it: ${convert}`);
  }
  if (/-----BEGIN (?:RSA|EC|DSA) PRIVATE KEY-----/.test(text)) throw invalid(`is not in PKCS#8 form: ${convert}`);
  if (!text.includes("-----BEGIN PRIVATE KEY-----")) throw invalid("has no private key in PEM form (PKCS#8).");
  try {
    // Not imported: a bundle would load it at every start.
    return process.getBuiltinModule("node:crypto").createPrivateKey(text);
  } catch {
    // OpenSSL's error is not kept, because it might quote the key.
    throw invalid("has a damaged private key.");
  }
}
