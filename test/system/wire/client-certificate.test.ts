import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ApiRequest, Sender } from "../../../agent/network/exchange.ts";
import { createSender } from "../../../agent/network/send.ts";
import { Secret } from "../../../agent/secret.ts";
import { proxySources } from "../../fakes/log-on.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { answering, connectProxy, listen, reply } from "../support/loopback.ts";

/** This device's certificate is shown only to the tenant. */

let ca: TestCa;
let device: KeyPair;
const senders: Sender[] = [];

beforeAll(() => {
  ca = createTestCa();
  device = ca.issue("DNS:device-17");
});
afterAll(() => ca[Symbol.dispose]());
afterEach(async () => {
  for (const one of senders.splice(0)) await one.close();
});

function sender(proxy = "none", withCertificate = true): Sender {
  const certificate = () => ({ certificates: device.cert, key: new Secret(device.key) });
  const made = createSender({
    requestTimeout: 20_000,
    caFile: { path: ca.file, origin: "test", read: () => readFileSync(ca.file) },
    proxy: proxySources({ setting: proxy }),
    clientCertificate: withCertificate ? certificate : undefined,
  });
  senders.push(made);
  return made;
}

const ok = reply("200 OK", "{}");
const serve = async (names = "IP:127.0.0.1") => await listen(answering(ok), ca.issue(names));
const get = (origin: string, more: Partial<ApiRequest> = {}): ApiRequest => ({
  method: "GET",
  origin,
  target: new Secret("/"),
  headers: {},
  body: undefined,
  ...more,
});
const { signal } = new AbortController();

test("the tenant", async () => {
  await using tenant = await serve();
  await sender().send(get(`https://${tenant.host}`), signal);
  expect(tenant.shown).toEqual(["CN=leaf"]);
  await sender("none", false).send(get(`https://${tenant.host}`), signal);
  expect(tenant.shown).toEqual(["CN=leaf", undefined]);
});

test("not the proxy, even if it asks over TLS", async () => {
  await using tenant = await serve();
  await using proxy = await connectProxy({ port: tenant.port }, ca.issue("IP:127.0.0.1"));
  await sender(`https://${proxy.host}`).send(get(`https://${tenant.host}`), signal);
  expect(tenant.shown).toEqual(["CN=leaf"]);
  expect(proxy.shown).toEqual([undefined]);
});

test("not the vendor's client on this machine", async () => {
  await using client = await serve("DNS:eapi.opswatgears.com");
  const request = get(`https://eapi.opswatgears.com:${client.port}`, { address: "127.0.0.1" });
  await sender().send(request, signal);
  expect(client.shown).toEqual([undefined]);
});

test.each([
  ["wants one", "-tls1_3", false],
  ["does not accept it", "-tls1_3", true],
  ["wants one", "-tls1_2", false],
  ["does not accept it", "-tls1_2", true],
])("a server that %s and says so by TLS alone (%s): the settings are named", async (_, version, withCertificate) => {
  using other = createTestCa();
  const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-test-"));
  const { key, cert } = ca.issue("DNS:localhost");
  writeFileSync(join(folder, "server.pem"), key + cert);
  const words = [
    "-accept",
    "0",
    "-cert",
    "server.pem",
    "-CAfile",
    other.file,
    "-Verify",
    "2",
    "-verify_return_error",
    version,
  ];
  const server = spawn("openssl", ["s_server", ...words], { cwd: folder });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      server.once("error", reject);
      server.stdout.setEncoding("utf8").on("data", (text: string) => {
        const [, found] = /^ACCEPT .*:(\d+)$/m.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const sent = sender("none", withCertificate).send(get(`https://localhost:${port}`), signal);
    await expect(sent).rejects.toMatchObject({
      code: "tls-untrusted",
      message: expect.stringContaining("Check clientCertFile and clientKeyFile"),
    });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
});
