import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { caller, type Endpoint, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { readMemory } from "../support/process-memory.ts";
import { type Gateway, linkUser, startGateway } from "./gateway.ts";

/** The real agent behind the gateway: it has no secret of the account's. */

let ca: TestCa;
let device: KeyPair;
let gears: Gears;
let gateway: Gateway;
let endpoints: Endpoint[] = [];

beforeAll(async () => {
  ca = createTestCa();
  device = ca.issue("DNS:device-17");
  gears = await startGears({ tls: ca.issue("DNS:localhost") });
  gateway = await startGateway(gears, ca);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await gears.close();
  ca[Symbol.dispose]();
});
afterEach(() => {
  for (const endpoint of endpoints) endpoint[Symbol.dispose]();
  endpoints = [];
});

function endpointWith(pair: KeyPair | undefined, settings: Record<string, unknown> = {}): Endpoint {
  const endpoint = setUpEndpoint(gears, {
    baseUrl: gateway.baseUrl,
    clientId: undefined,
    auth: "none",
    caFile: ca.file,
  });
  endpoints.push(endpoint);
  endpoint.configure(settings);
  if (pair === undefined) return endpoint;
  const [clientCertFile, clientKeyFile] = ["client.pem", "key.pem"].map((name) => join(endpoint.directory, name));
  writeFileSync(clientCertFile ?? "", pair.cert);
  writeFileSync(clientKeyFile ?? "", pair.key, { mode: 0o600 });
  endpoint.configure({ clientCertFile, clientKeyFile });
  return endpoint;
}

const within = (endpoint: Endpoint) => ({ environment: { HOME: endpoint.directory } });
const link = (endpoint: Endpoint) => endpoint.link([], within(endpoint));

test("it links by one call; the gateway adds a token that the endpoint never has", async () => {
  const endpoint = endpointWith(device, { requestTimeout: "2m" });
  const args = ["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile];
  const { child, ended } = start(args, within(endpoint));
  // The call stops the endpoint until its memory has been read. The gateway has the tenant's answer by then, for which it
  // waits 12 s.
  gears.onCall(({ endpoint: asked }) => {
    if (asked === "link_user") child.kill("SIGSTOP");
  });
  await expect.poll(() => gateway.calls().at(-1)).toMatchObject({ status: 200 });
  const memory = readMemory(child.pid ?? 0);
  child.kill("SIGCONT");
  const { document, stdout, stderr } = withDocument(await ended);
  expect(document).toMatchObject({ outcome: "linked", username: caller, requests: { token: 0, linkUser: 1 } });
  expect(gears.callsOf("link_user")).toMatchObject([{ status: 200, device: document.device?.value, user: caller }]);
  expect(gears.callsOf("token").length).toBe(1);
  endpoint.huntSecrets(stdout + stderr);
  expect(memory.includes(`/o/api/v2/devices/${document.device?.value}`)).toBe(true);
  for (const secret of gears.secrets) expect(memory.includes(secret)).toBe(false);
});

test("--dry-run shows that no token is sent", async () => {
  const endpoint = endpointWith(device);
  const before = gears.calls.length;
  const { document } = await endpoint.link(["--dry-run"], within(endpoint));
  expect(document["request"]).toMatchObject({ url: expect.stringMatching(/\/link_user\?opt=\d$/) });
  expect(gears.calls.length).toBe(before);
});

test("doctor finds all well, without a call", async () => {
  const endpoint = endpointWith(device);
  const before = gears.calls.length;
  const { stdout } = await endpoint.run(["doctor", "--json"], within(endpoint));
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
  const said = Object.fromEntries(checks.map(({ name, status, detail }) => [name, `${status} ${detail}`]));
  expect(said["credential"]).toMatch(/^ok none needed/);
  expect(said["client-cert"]).toMatch(/^warn the client certificate expires on /);
  expect(said["tls"]).toMatch(/^ok /);
  expect(said["token"]).toMatch(/^skip /);
  expect(gears.calls.length).toBe(before);
});

test.each([
  ["it has no certificate", () => undefined],
  ["it has another organisation's", () => stranger()],
])("77 credentials: %s", async (_, pair) => {
  const before = gears.calls.length;
  const { exitCode, document } = await link(endpointWith(pair()));
  expect(document).toMatchObject({ outcome: "credentials", error: { code: "token-refused" } });
  expect(document.message).toContain("The gateway requires a client certificate from its device CA");
  expect(exitCode).toBe(77);
  expect(gears.calls.length).toBe(before);
});

test("77 credentials: others may read its key", async () => {
  const endpoint = endpointWith(device);
  const key = join(endpoint.directory, "key.pem");
  chmodSync(key, 0o644);
  const { exitCode, document } = await link(endpoint);
  expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-exposed" } });
  expect(document.message).toContain(`Run chmod 600 ${key}`);
  expect(exitCode).toBe(77);
});

test("75 rate-limited: its place is too late for its deadline", async () => {
  const leaving = new AbortController();
  const others = [1, 2, 3, 4, 5].map((one) => {
    const sent = gateway.send(ca.issue(`DNS:other-${one}`), {
      target: linkUser(`other-${one}`, 1),
      signal: leaving.signal,
    });
    return sent.then(({ status }) => status).catch(() => undefined);
  });
  await expect.poll(async () => (await gateway.ask("/metrics/linkuser")).body).toContain('kind="exact"');
  const { exitCode, document } = await link(endpointWith(ca.issue("DNS:late"), { deadline: "15s" }));
  leaving.abort();
  await Promise.all(others);
  expect(document).toMatchObject({ outcome: "rate-limited", error: { code: "too-many-requests" } });
  expect(exitCode).toBe(75);
});

function stranger(): KeyPair {
  using other = createTestCa();
  return other.issue("DNS:device-17");
}
