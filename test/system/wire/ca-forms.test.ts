import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeCertificate } from "../../../agent/settings/client-certificate.ts";
import { readCaFile } from "../../../agent/settings/pem-certificates.ts";

/** Forms in which openssl(1) and Windows write certificates, as `caFile` may name them. */

let folder: ReturnType<typeof mkdtempDisposableSync>;
const path = (name: string): string => join(folder.path, name);
const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder.path, stdio: "pipe" });
const read = (name: string) =>
  readCaFile({ path: path(name), origin: "caFile", read: () => readFileSync(path(name)) }).map(
    ({ parsed }) => parsed.subject,
  );

beforeAll(() => {
  folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-forms-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"];
  openssl("req", "-x509", ...key, "-out", "pem", "-subj", "/CN=Corp CA", "-days", "2");
  openssl("x509", "-in", "pem", "-addtrust", "serverAuth", "-setalias", "corp", "-trustout", "-out", "trusted");
  openssl("x509", "-in", "pem", "-outform", "DER", "-out", "der");
  openssl("crl2pkcs7", "-nocrl", "-certfile", "pem", "-out", "p7-pem");
  openssl("crl2pkcs7", "-nocrl", "-certfile", "pem", "-outform", "DER", "-out", "p7-der");
  openssl("pkcs12", "-export", "-nokeys", "-in", "pem", "-passout", "pass:x", "-out", "p12");
  const pem = readFileSync(path("pem"), "utf8");
  writeFileSync(path("utf-16"), `\ufeff${pem}`, "utf16le");
  writeFileSync(path("crlf"), pem.replaceAll("\n", "\r\n"));
  writeFileSync(path("old-label"), pem.replaceAll("CERTIFICATE", "X509 CERTIFICATE"));
  writeFileSync(path("with-text"), execFileSync("openssl", ["x509", "-in", path("pem"), "-text"]));
  writeFileSync(path("two"), pem + readFileSync(path("trusted"), "utf8"));
  writeFileSync(path("cut-off"), pem + pem.slice(0, 200));
  writeFileSync(path("damaged"), pem.replace(/(?<=CERTIFICATE-----\n.{9})./, "!"));
  writeFileSync(path("none"), "hello\n");
});
afterAll(() => folder.remove());

test("a device's own certificate in PKCS#12 gets the command that keeps it", () => {
  const file = { path: join(folder.path, "p12"), origin: "test", read: () => readFileSync(join(folder.path, "p12")) };
  expect(() => describeCertificate(file, 0)).toThrow(/openssl pkcs12 -in \S+p12 -clcerts -nokeys -out NEWFILE/);
});

test.each(["pem", "trusted", "der", "utf-16", "crlf", "old-label", "with-text"])("%s is read", (name) => {
  expect(read(name)).toEqual(["CN=Corp CA"]);
});

test("several certificates are all read, in any form", () => {
  expect(read("two")).toHaveLength(2);
});

describe("unreadable files are refused with the next step", () => {
  test.each([
    ["p7-pem", /PKCS#7.*: openssl pkcs7 -in \S+p7-pem -print_certs -out NEWFILE/],
    ["p7-der", /PKCS#7.*: openssl pkcs7 -inform DER -in \S+p7-der -print_certs -out NEWFILE/],
    ["p12", /PKCS#12.*: openssl pkcs12 -in \S+p12 -cacerts -nokeys -out NEWFILE/],
    ["cut-off", /certificate without an end \(number 2\)/],
    ["damaged", /damaged certificate \(number 1\)/],
    ["none", /no certificate/],
  ])("%s", (name, said) => {
    expect(() => read(name)).toThrow(said);
  });

  test.each([
    ["p7-pem", ["pkcs7", "-in", "p7-pem", "-print_certs"]],
    ["p7-der", ["pkcs7", "-inform", "DER", "-in", "p7-der", "-print_certs"]],
  ])("the command for %s makes what is read", (name, words) => {
    openssl(...words, "-out", `${name}-new`);
    expect(read(`${name}-new`)).toEqual(["CN=Corp CA"]);
  });
});
