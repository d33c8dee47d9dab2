import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { fault } from "../../agent/files/open-file.ts";
import { absent, failed, found, type Reading } from "../../agent/reading.ts";
import { describeCertificate, readClientCertificate } from "../../agent/settings/client-certificate.ts";

/** Made by `openssl req -x509 -newkey ed25519 -nodes -subj /O=Example/CN=device-17 -days 36500`. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBYzCCARWgAwIBAgIUb0I+8nvHIeo4NXZMfMPtrOlueeowBQYDK2VwMCYxEDAO
BgNVBAoMB0V4YW1wbGUxEjAQBgNVBAMMCWRldmljZS0xNzAgFw0yNjExMjUxNzM5
NTVaGA8yMTI2MTEwMTE3Mzk1NVowJjEQMA4GA1UECgwHRXhhbXBsZTESMBAGA1UE
AwwJZGV2aWNlLTE3MCowBQYDK2VwAyEA/zdSMyoG8TOZ7hwamKwtLIZa4ooQlPA+
PKrg5gRl0QCjUzBRMB0GA1UdDgQWBBSr6e1TO87j8B5aGmfhaIl6DMQlLDAfBgNV
HSMEGDAWgBSr6e1TO87j8B5aGmfhaIl6DMQlLDAPBgNVHRMBAf8EBTADAQH/MAUG
AytlcANBAPjL1QFr1e39vYzCU064yLA69nH14DOpeUqecJB39jrQChJ9eHrYgBbU
BF06tZzkmbMEkvzFVdGPjm0PR1rvegM=
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBpqO1Asdpp2OmsMZbxJSSs9sHG0wFSeVbMFRXNFRvel
-----END PRIVATE KEY-----
`;

const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileAt = (path: string) => ({
  path,
  origin: "file /etc/config.json, clientCertFile",
  read: () => readFileSync(path),
});
const certFile = fileAt(join(folder, "client.pem"));
const keyFile = { ...fileAt("/etc/client-key.pem"), origin: "file /etc/config.json, clientKeyFile" };
writeFileSync(certFile.path, `some text before\n${certificate}`);

const read = (file: Reading<string>) => () => readClientCertificate(certFile, keyFile, () => file);
const other = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;

test("a certificate and its key are taken, and the key is not shown", () => {
  const read17 = read(found(key, "x"))();
  expect(read17.certificates).toBe(certificate.trim());
  expect(read17.key.reveal()).toBe(key);
  expect(JSON.stringify(read17)).not.toContain(key.split("\n")[1]);
});

test.each<[string, Reading<string>, string, RegExp]>([
  ["another certificate's key", found(other, "x"), "credentials-invalid", /client-key\.pem is not the key of the cert/],
  [
    "no file",
    absent("x", "none"),
    "credentials-missing",
    /^file .*config\.json, clientKeyFile: \/etc\/client-key\.pem does not exist/,
  ],
  [
    "a file that others may read",
    failed("x", new AgentError("credentials-exposed", "run chmod 600")),
    "credentials-exposed",
    /chmod 600/,
  ],
  [
    "a file in a binary form",
    failed("x", new AgentError("credentials-unreadable", "x can't be read", { cause: fault("EILSEQ") })),
    "credentials-invalid",
    /client-key\.pem is not in PEM form.*openssl pkey -inform DER -in \S+ -out NEWFILE, or.*PKCS#12, openssl pkcs12 -in \S+ -nocerts -nodes/,
  ],
  [
    "an encrypted key",
    found("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "x"),
    "credentials-invalid",
    /is encrypted.*openssl pkcs8 -topk8 -nocrypt -in \/etc\/client-key\.pem/,
  ],
  [
    "an encrypted key in the old form",
    found("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n", "x"),
    "credentials-invalid",
    /is encrypted/,
  ],
  [
    "a key in the old form",
    found("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "x"),
    "credentials-invalid",
    /not in PKCS#8 form: openssl pkcs8/,
  ],
  ["no key", found(certificate, "x"), "credentials-invalid", /has no private key/],
  [
    "a damaged key",
    found("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "x"),
    "credentials-invalid",
    /has a damaged private key\.$/,
  ],
])("%s is refused with words", (_, file, code, said) => {
  expect(read(file)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(said) }));
});

test.each([
  ["nothing", "", /^file .*config\.json, clientCertFile: .*no certificate/],
  ["a damaged one", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", /damaged certificate/],
])("a certificate file with %s is refused with words", (_, text, said) => {
  const other = fileAt(join(folder, "other.pem"));
  writeFileSync(other.path, text);
  expect(() => describeCertificate(other, 0)).toThrow(
    expect.objectContaining({ code: "setting-invalid", message: expect.stringMatching(said) }),
  );
});

test("a certificate is described by its name, with a warning if it is invalid now or soon", () => {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const [validFrom, validTo] = [validFromDate.getTime(), validToDate.getTime()];
  const day = 86_400_000;
  expect(describeCertificate(certFile, validFrom)).toMatchObject({
    name: "device-17",
    until: validToDate.toISOString().slice(0, 10),
  });
  const warning = (now: number) => describeCertificate(certFile, now).warning;
  expect(warning(validFrom - day)).toMatch(/not valid before 20/);
  expect(warning(validFrom + day)).toBeUndefined();
  expect(warning(validTo - day)).toMatch(/expires on 21/);
  expect(warning(validTo + day)).toMatch(/expired on 21/);
});
