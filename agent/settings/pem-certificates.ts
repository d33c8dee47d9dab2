import { AgentError } from "../errors.ts";
import type { SettingFile } from "./named-file.ts";

/** One certificate of a file. */
export interface PemCertificate {
  readonly pem: string;
  readonly parsed: import("node:crypto").X509Certificate;
}

/**
 * Reads the certificates of the file that a setting names.
 * @param wanted completes "It must hold …" in messages
 * @returns at least one, in their order
 * @throws AgentError `setting-invalid`, `settings-exposed`
 */
export function readPemCertificates(
  { path, origin, read }: SettingFile,
  wanted: string,
): readonly [PemCertificate, ...PemCertificate[]] {
  const invalid = (why: string, cause?: unknown) =>
    new AgentError("setting-invalid", `${origin}: ${path} ${why}. It must hold ${wanted} in PEM form.`, { cause });
  // Comments between the certificates may be in any encoding.
  const text = read().toString("latin1");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  // Not imported: a bundle would load it at every start.
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const [first, ...others] = blocks.map((pem, index) => {
    try {
      return { pem, parsed: new X509Certificate(pem) };
    } catch (cause) {
      throw invalid(`has a damaged certificate (number ${index + 1})`, cause);
    }
  });
  if (first === undefined) throw invalid("has no certificate in it");
  return [first, ...others];
}

/** The certificates that the setting `caFile` adds to the system's. @throws AgentError `setting-invalid`, `settings-exposed` */
export const readCaFile = (file: SettingFile) => readPemCertificates(file, "CA certificates");
