import { renameSync, rmSync } from "node:fs";
import { runCommand } from "../executable/command.ts";
import { product } from "../product.ts";

/** How executables and packages are signed. Holds no secret: a password is in a file. */
export interface Signing {
  /** File (PEM) with the certificate and those between it and the root, or a PKCS#11 URI. */
  readonly certificate: string;
  /** File (PEM), or a PKCS#11 URI of a token's or a cloud service's key. */
  readonly key: string;
  readonly passwordFile: string | undefined;
  /** Library of the token. */
  readonly pkcs11Module: string | undefined;
  /** RFC 3161. Without a time stamp a signature ends with its certificate. */
  readonly timestampUrl: string | undefined;
}

const isToken = (place: string): boolean => place.startsWith("pkcs11:");

/**
 * Reads `SIGN_CERT`, `SIGN_KEY`, `SIGN_KEY_PASSWORD_FILE`, `SIGN_PKCS11_MODULE` and `SIGN_TIMESTAMP_URL`.
 * @returns undefined if nothing is to be signed
 * @throws Error that names the variable
 */
export function signingFrom(environment: Readonly<Record<string, string | undefined>>): Signing | undefined {
  const given = (name: string): string | undefined => environment[name] || undefined;
  const [certificate, key] = [given("SIGN_CERT"), given("SIGN_KEY")];
  const passwordFile = given("SIGN_KEY_PASSWORD_FILE");
  const pkcs11Module = given("SIGN_PKCS11_MODULE");
  const timestampUrl = given("SIGN_TIMESTAMP_URL");
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined) throw new Error("SIGN_KEY is set, but SIGN_CERT is not");
  if (key === undefined) throw new Error("SIGN_CERT is set, but SIGN_KEY is not");
  if ([certificate, key].some(isToken) && pkcs11Module === undefined) {
    throw new Error("A pkcs11: URI needs SIGN_PKCS11_MODULE, the path of the token's library");
  }
  if (timestampUrl !== undefined && !/^https?:\/\//.test(timestampUrl)) {
    throw new Error(`SIGN_TIMESTAMP_URL must be an http: or https: URL, not ${timestampUrl}`);
  }
  return { certificate, key, passwordFile, pkcs11Module, timestampUrl };
}

/** Arguments of osslsigncode(1). */
export function signingArguments(signing: Signing, input: string, output: string): readonly string[] {
  const { certificate, key, passwordFile, pkcs11Module, timestampUrl } = signing;
  return [
    "sign",
    ...(pkcs11Module === undefined ? [] : ["-pkcs11module", pkcs11Module]),
    ...(isToken(certificate) ? ["-pkcs11cert", certificate] : ["-certs", certificate]),
    ...["-key", key],
    ...(passwordFile === undefined ? [] : ["-readpass", passwordFile]),
    ...["-h", "sha256"],
    ...["-n", product.name],
    ...(timestampUrl === undefined ? [] : ["-ts", timestampUrl]),
    ...["-in", input],
    ...["-out", output],
  ];
}

/**
 * Signs an executable or a package (Authenticode) in place.
 * @throws Error where it could not; the file is as it was
 */
export function sign(file: string, signing: Signing): void {
  const signed = `${file}.signed`;
  try {
    runCommand("osslsigncode", signingArguments(signing, file, signed), "osslsigncode");
    renameSync(signed, file);
  } finally {
    rmSync(signed, { force: true });
  }
}
