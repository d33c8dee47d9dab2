import { readFileSync, type Stats, statSync } from "node:fs";
import { AgentError, systemErrorCode } from "../errors.ts";
import type { SettingFile } from "./named-file.ts";

/** One certificate of a file. */
export interface PemCertificate {
  readonly pem: string;
  readonly parsed: import("node:crypto").X509Certificate;
}

const maxSize = 1024 * 1024;

/**
 * Reads the certificates of the file that a setting names.
 * @param wanted completes "It must hold …" in messages
 * @returns at least one, in their order
 * @throws AgentError `setting-invalid`
 */
export function readPemCertificates(
  { path, origin }: SettingFile,
  wanted: string,
): readonly [PemCertificate, ...PemCertificate[]] {
  const invalid = (why: string, cause?: unknown) =>
    new AgentError("setting-invalid", `${origin}: ${path} ${why}. It must hold ${wanted} in PEM form.`, { cause });
  let stats: Stats;
  let text = "";
  try {
    stats = statSync(path);
    // A device or a pipe need not have an end.
    if (stats.isFile() && stats.size <= maxSize) text = readFileSync(path, "latin1");
  } catch (cause) {
    throw invalid(`can't be read (${systemErrorCode(cause)})`, cause);
  }
  if (!stats.isFile()) throw invalid("is no regular file");
  if (stats.size > maxSize) throw invalid("is larger than 1 MiB");
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

/** The certificates that the setting `caFile` adds to the system's. @throws AgentError `setting-invalid` */
export const readCaFile = (file: SettingFile) => readPemCertificates(file, "CA certificates");
