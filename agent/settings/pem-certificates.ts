import { AgentError } from "../errors.ts";
import { shellWord } from "../printable.ts";
import type { SettingFile } from "./named-file.ts";

export interface PemCertificate {
  readonly pem: string;
  readonly parsed: import("node:crypto").X509Certificate;
}

/**
 * Reads the certificates of the file that a setting names.
 * @param wanted `words` completes "It must contain …" in messages; `inPkcs12` is the option of openssl(1) that selects them
 * @returns at least one, in their order
 * @throws AgentError `setting-invalid`, `settings-exposed`
 */
export function readPemCertificates(
  { path, origin, read }: SettingFile,
  wanted: { readonly words: string; readonly inPkcs12: "-cacerts" | "-clcerts" },
): readonly [PemCertificate, ...PemCertificate[]] {
  const invalid = (why: string, cause?: unknown) =>
    new AgentError("setting-invalid", `${origin}: ${path} ${why}. It must contain ${wanted.words} in PEM form.`, {
      cause,
    });
  const bytes = read();
  const text = textOf(bytes);
  const other = otherForm(bytes, text, wanted.inPkcs12);
  if (other !== undefined) {
    const convert = `openssl ${other.command} -in ${shellWord(path)}${other.options} -out NEWFILE`;
    throw invalid(`is in the form ${other.name}, which is not supported. Convert it: ${convert}`);
  }
  const blocks = text.match(certificateBlock) ?? [];
  const begun = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? [];
  const [first, ...others] = (begun.length === 0 && bytes[0] === sequence ? [bytes] : blocks.map(derOf)).map(
    (der, index) => {
      try {
        // Not imported: a bundle would load it at every start.
        const parsed = new (process.getBuiltinModule("node:crypto").X509Certificate)(withoutTail(der));
        return { pem: parsed.toString().trimEnd(), parsed };
      } catch (cause) {
        throw invalid(`has a damaged certificate (number ${index + 1})`, cause);
      }
    },
  );
  if (begun.length > blocks.length) throw invalid(`has a certificate without an end (number ${blocks.length + 1})`);
  if (first === undefined) throw invalid("has no certificate");
  return [first, ...others];
}

/** Includes OpenSSL's form with trust settings after the certificate, and an old label. */
const certificateBlock = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** Windows' PowerShell writes UTF-16; comments between the certificates may be in any other encoding. */
function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString("utf16le");
  return bytes.toString("latin1");
}

const derOf = (block: string): Buffer => Buffer.from(block.replace(/-----[^-]*-----/g, ""), "base64");

const sequence = 0x30;

/** Only the first DER value: a `TRUSTED CERTIFICATE` has OpenSSL's settings after it. */
function withoutTail(der: Buffer): Buffer {
  if (der[0] !== sequence || der[1] !== 0x82 || der.length < 4) return der;
  return der.subarray(0, 4 + der.readUInt16BE(2));
}

/** The name of an unsupported certificate format; undefined for supported ones. */
function otherForm(
  bytes: Buffer,
  text: string,
  inPkcs12: string,
): { readonly name: string; readonly command: string; readonly options: string } | undefined {
  const isDer = bytes[0] === sequence;
  const head = bytes.subarray(0, 40);
  if (/-----BEGIN (?:PKCS7|CMS)-----/.test(text)) return { name: "PKCS#7", command: "pkcs7", options: " -print_certs" };
  if (isDer && head.includes(signedData)) {
    return { name: "PKCS#7", command: "pkcs7 -inform DER", options: " -print_certs" };
  }
  if (isDer && head.includes(pkcs12)) {
    return { name: "PKCS#12", command: "pkcs12", options: ` ${inPkcs12} -nokeys` };
  }
  return undefined;
}

/** The object identifier of signed data (RFC 5652 5.1) in DER, and the version of a PKCS#12 file (RFC 7292 4). */
const signedData = Buffer.from("06092a864886f70d010702", "hex");
const pkcs12 = Buffer.from("02010330", "hex");

/** The certificates that the setting `caFile` adds to the system's. @throws AgentError `setting-invalid`, `settings-exposed` */
export const readCaFile = (file: SettingFile) =>
  readPemCertificates(file, { words: "CA certificates", inPkcs12: "-cacerts" });
