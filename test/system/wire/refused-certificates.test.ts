import { execFileSync, spawn } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSender } from "../../../agent/network/send.ts";
import { Secret } from "../../../agent/secret.ts";
import { proxySources } from "../../fakes/log-on.ts";
import { freePort } from "../network/daemon.ts";
import { endOfChild } from "../support/child.ts";

/** Certificates and handshakes that OpenSSL refuses for reasons of many kinds: each is TLS's fault and said in words. */

let folder: ReturnType<typeof mkdtempDisposableSync>;
const path = (name: string): string => join(folder.path, name);
const text = (name: string): string => readFileSync(path(name), "utf8");

interface Wanted {
  /** Undefined for one that signs itself. */
  readonly by?: string;
  readonly key?: readonly string[];
  readonly extensions: readonly string[];
  readonly days?: number;
  readonly digest?: string;
}

const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const isCa = "basicConstraints=critical,CA:TRUE";
const forServers = ["basicConstraints=CA:FALSE", "subjectAltName=DNS:gears.test"];

function issue(name: string, { by = name, key = ec, extensions, days = 2, digest = "sha256" }: Wanted): void {
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder.path, stdio: "pipe" });
  writeFileSync(path(`${name}.ext`), `${extensions.join("\n")}\nsubjectKeyIdentifier=hash\n`);
  openssl("req", "-new", ...key, "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
  const signer =
    by === name ? ["-signkey", `${name}.key`] : ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial"];
  const made = ["-extfile", `${name}.ext`, "-days", String(days), `-${digest}`, "-out", `${name}.pem`];
  openssl("x509", "-req", "-in", `${name}.csr`, ...signer, ...made);
}

beforeAll(() => {
  folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-refused-"));
  issue("root", { extensions: [isCa] });
  issue("middle", { by: "root", extensions: [isCa] });
  issue("good", { by: "middle", extensions: forServers });
});
afterAll(() => folder.remove());

async function ask(options: TlsOptions, caFile = "root"): Promise<unknown> {
  const server = createServer(options, (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
  server.on("tlsClientError", () => {});
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    return await send(Number(port), caFile);
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
}

async function send(
  port: number,
  caFile: string,
  clientCertificate?: () => { readonly certificates: string; readonly key: Secret },
): Promise<unknown> {
  const file = path(`${caFile}.pem`);
  const sender = createSender({
    requestTimeout: 20_000,
    caFile: { path: file, origin: "test", read: () => readFileSync(file) },
    proxy: proxySources(),
    clientCertificate,
    lookUp: async () => [{ address: "127.0.0.1", family: 4 }],
  });
  const request = { method: "GET", target: new Secret("/"), headers: {}, body: undefined } as const;
  try {
    const sent = sender.send({ ...request, origin: `https://gears.test:${port}` }, new AbortController().signal);
    return await sent;
  } finally {
    await sender.close();
  }
}

const pair = (name: string, ...chain: string[]): TlsOptions => ({
  key: text(`${name}.key`),
  cert: [name, ...chain].map((one) => text(`${one}.pem`)).join(""),
  ciphers: "DEFAULT@SECLEVEL=0",
});

test.each<[string, readonly [string, Wanted][], RegExp]>([
  [
    "a key of 1024 bits",
    [["weak-key", { by: "root", key: ["-newkey", "rsa:1024"], extensions: forServers }]],
    /weak-key, issued by root\).*EE certificate key too weak/,
  ],
  [
    "a signature by SHA-1",
    [["weak-signature", { by: "root", digest: "sha1", extensions: forServers }]],
    /signature digest algorithm too weak/,
  ],
  [
    "a chain that is longer than its CA allows",
    [
      ["short", { by: "root", extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0"] }],
      ["below-short", { by: "short", extensions: [isCa] }],
      ["too-deep", { by: "below-short", extensions: forServers }],
    ],
    /path length constraint exceeded/,
  ],
  [
    "a name that its CA may not issue for",
    [
      ["bound", { by: "root", extensions: [isCa, "nameConstraints=critical,permitted;DNS:allowed.test"] }],
      ["outside", { by: "bound", extensions: forServers }],
    ],
    /permitted subtree violation/,
  ],
  [
    "a critical extension that nobody knows",
    [["odd", { by: "root", extensions: [...forServers, "1.2.3.4.5=critical,ASN1:NULL"] }]],
    /unhandled critical extension/,
  ],
  [
    "a certificate for clients",
    [["client", { by: "root", extensions: [...forServers, "extendedKeyUsage=clientAuth"] }]],
    /client, issued by root\) that was not issued for a TLS server/,
  ],
  [
    "an issuer that is no CA",
    [
      ["no-ca", { by: "root", extensions: ["basicConstraints=CA:FALSE"] }],
      ["by-no-ca", { by: "no-ca", extensions: forServers }],
    ],
    /a chain in which the certificate of the issuer no-ca is not a CA certificate \(basic constraints\)/,
  ],
  [
    "an intermediate that has expired",
    [
      ["old-middle", { by: "root", extensions: [isCa], days: -1 }],
      ["by-old", { by: "old-middle", extensions: forServers }],
    ],
    /a chain in which the certificate of the CA old-middle is valid from .*have the server send the current one/,
  ],
])("%s is untrusted TLS, with the reason", async (_, certificates, said) => {
  for (const [name, wanted] of certificates) issue(name, wanted);
  const names = certificates.map(([name]) => name).toReversed();
  const [leaf = "", ...chain] = names;
  const sent = ask(pair(leaf, ...chain));
  await expect(sent).rejects.toMatchObject({ code: "tls-untrusted", place: { stage: "handshake", party: "tenant" } });
  await expect(sent).rejects.toThrow(said);
});

test("a key of a curve without a NIST name, in any place of the chain, is trusted and breaks nothing", async () => {
  const brainpool = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"];
  issue("odd-root", { key: brainpool, extensions: [isCa] });
  issue("by-odd-root", { by: "odd-root", extensions: forServers });
  issue("odd-leaf", { by: "root", key: brainpool, extensions: forServers });
  expect(await ask(pair("by-odd-root"), "odd-root")).toMatchObject({ status: 200 });
  expect(await ask(pair("odd-leaf"))).toMatchObject({ status: 200 });
});

const ownName = ["basicConstraints=CA:FALSE"];
test.each([
  ["gears.test", ownName, true],
  ["other.test", ownName, false],
  ["gears.test", [...ownName, "subjectAltName=DNS:other.test"], false],
  ["another", [...ownName, "subjectAltName=DNS:GEARS.test"], true],
  ["another-2", [...ownName, "subjectAltName=DNS:*.test"], false],
  ["another-3", [...ownName, "subjectAltName=IP:127.0.0.1"], false],
] as const)("a certificate with the common name %s and %j is of gears.test: %s", async (name, extensions, accepted) => {
  issue(name, { by: "root", extensions });
  const sent = ask(pair(name));
  if (accepted) expect(await sent).toMatchObject({ status: 200 });
  else await expect(sent).rejects.toThrow(/for another name \((?:other\.test|\*\.test|127\.0\.0\.1)\)/);
});

test("an intermediate CA in caFile is enough, as for curl", async () => {
  expect(await ask(pair("good", "middle"), "middle")).toMatchObject({ status: 200 });
  expect(await ask(pair("good"), "middle")).toMatchObject({ status: 200 });
  await expect(ask(pair("good"), "root")).rejects.toMatchObject({ code: "tls-untrusted" });
});

test.each<[string, TlsOptions, RegExp]>([
  ["TLS 1.1 alone", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }, /offers no version of TLS that is safe today/],
  [
    "no cipher in common",
    { maxVersion: "TLSv1.2", ciphers: "NULL-SHA256:@SECLEVEL=0" },
    /ends the TLS handshake before it shows a certificate/,
  ],
])("%s is said to be that, and not this device's certificate", async (_, options, said) => {
  const sent = ask({ ...pair("good", "middle"), ...options });
  await expect(sent).rejects.toMatchObject({ code: "tls-untrusted" });
  await expect(sent).rejects.toThrow(said);
  await expect(sent).rejects.not.toThrow(/clientCertFile|another service/i);
});

test.each(["-tls1_2", "-tls1_3"])("a server that wants a certificate is reported, %s", async (version) => {
  const port = await freePort();
  const files = ["-cert", path("good.pem"), "-key", path("good.key"), "-cert_chain", path("middle.pem")];
  const server = spawn(
    "openssl",
    ["s_server", "-accept", `127.0.0.1:${port}`, "-Verify", "1", version, "-www", ...files],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const ended = endOfChild(server);
  try {
    let printed = "";
    await new Promise<void>((resolve) => {
      server.stdout.on("data", (chunk) => {
        printed += chunk;
        if (printed.includes("ACCEPT")) resolve();
      });
    });
    const sent = send(port, "root");
    await expect(sent).rejects.toMatchObject({ code: "tls-untrusted" });
    await expect(sent).rejects.toThrow(/refuses this device over TLS.*clientCertFile/);
  } finally {
    server.kill();
    await ended;
  }
});

test("a device certificate that OpenSSL refuses is no defect, and is named", async () => {
  issue("weak-device", { by: "root", key: ["-newkey", "rsa:1024"], extensions: ["basicConstraints=CA:FALSE"] });
  const weak = { certificates: text("weak-device.pem"), key: new Secret(text("weak-device.key")) };
  const sent = send(await freePort(), "root", () => weak);
  await expect(sent).rejects.toMatchObject({ code: "credentials-invalid" });
  await expect(sent).rejects.toThrow(/clientCertFile is not accepted by OpenSSL/);
});
