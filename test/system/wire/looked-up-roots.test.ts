import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { oneAttempt, setUpEndpoint } from "../support/agent.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";

/**
 * On Linux roots are looked up by their names' hashes in the system's store, with the same result as if the whole store
 * were read. The store is a folder of the test's own.
 */

let folder: ReturnType<typeof mkdtempDisposableSync>;
/** Both have the same name, and so the same hash. */
let ca: TestCa;
let namesake: TestCa;
let leaf: KeyPair;
let hash: string;

const openssl = (...words: string[]): string => execFileSync("openssl", words, { encoding: "utf8", stdio: "pipe" });
const keyOf = ({ file }: TestCa): string => join(dirname(file), "ca.key");
const made = (name: string): string => join(folder.path, name);

beforeAll(() => {
  folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-roots-"));
  ca = createTestCa();
  namesake = createTestCa();
  leaf = ca.issue("DNS:localhost,IP:127.0.0.1");
  hash = openssl("x509", "-hash", "-noout", "-in", ca.file).trim();
  openssl("x509", "-in", ca.file, "-signkey", keyOf(ca), "-days", "-1", "-out", made("expired.pem"));
  openssl("x509", "-in", ca.file, "-addreject", "serverAuth", "-trustout", "-out", made("distrusted.pem"));
  const old = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", made("old.key")];
  openssl("req", "-x509", ...old, "-out", made("old.pem"), "-subj", "/CN=Old CA", "-days", "2");
  openssl("x509", "-in", ca.file, "-CA", made("old.pem"), "-CAkey", made("old.key"), "-out", made("crossed.pem"));
});
afterAll(() => {
  ca[Symbol.dispose]();
  namesake[Symbol.dispose]();
  folder.remove();
});

/** The store's content, by name. */
type Store = Readonly<Record<string, string>>;

async function linkWith(store: Store, { tls = leaf, environment = {} } = {}) {
  await using gears = await startGears({ tls });
  using endpoint = setUpEndpoint(gears, oneAttempt);
  const trusted = join(endpoint.directory, "roots");
  mkdirSync(trusted);
  for (const [name, file] of Object.entries(store)) copyFileSync(file, join(trusted, name));
  const variables = { ...endpoint.environment, SSL_CERT_DIR: trusted, ...environment };
  const { document } = await endpoint.link([], { environment: variables });
  return { outcome: document.outcome, code: document.error?.code, calls: gears.calls.length };
}

const linked = { outcome: "linked", code: undefined, calls: 2 };
const refused = { outcome: "protocol", code: "tls-untrusted", calls: 0 };

test.each<[string, () => Store]>([
  ["under its hash", () => ({ [`${hash}.0`]: ca.file })],
  ["under its hash, after another of the same name", () => ({ [`${hash}.0`]: namesake.file, [`${hash}.1`]: ca.file })],
  ["in a bundle alone", () => ({ "ca-bundle.crt": ca.file })],
  ["in a bundle, with another of the same name under the hash", () => ({ [`${hash}.0`]: namesake.file, b: ca.file })],
  [
    "in a bundle, with an earlier, expired one under the hash",
    () => ({ [`${hash}.0`]: made("expired.pem"), b: ca.file }),
  ],
])("a chain is trusted whose root is in the store %s", async (_, store) => {
  expect(await linkWith(store())).toEqual(linked);
});

test("a chain that continues beyond a root of the store is trusted", async () => {
  const cert = `${leaf.cert}${readFileSync(made("crossed.pem"), "utf8")}`;
  expect(await linkWith({ [`${hash}.0`]: ca.file }, { tls: { ...leaf, cert } })).toEqual(linked);
});

test.each<[string, () => Store]>([
  ["is not in the store", () => ({})],
  ["has the name of one in the store", () => ({ [`${hash}.0`]: namesake.file })],
  ["has expired", () => ({ [`${hash}.0`]: made("expired.pem"), b: made("expired.pem") })],
  ["is distrusted for servers", () => ({ [`${hash}.0`]: made("distrusted.pem") })],
])("a chain is refused whose root %s, and no request is sent", async (_, store) => {
  expect(await linkWith(store())).toEqual(refused);
});

test("a certificate for another name is refused", async () => {
  const tls = ca.issue("DNS:portal.example.com");
  expect(await linkWith({ [`${hash}.0`]: ca.file }, { tls })).toEqual(refused);
});

test("a store that the caller of sudo names is ignored in a run with rights", async () => {
  const environment = { SUDO_UID: "1000" };
  const expected = process.getuid?.() === 0 ? refused : linked;
  expect(await linkWith({ [`${hash}.0`]: ca.file, b: ca.file }, { environment })).toEqual(expected);
});
