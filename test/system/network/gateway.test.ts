import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { redirect } from "../../fakes/answers.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { json } from "../../fakes/gears-api.ts";
import { caller, type Endpoint, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { readMemory } from "../support/process-memory.ts";
import { type Gateway, startGateway } from "./gateway.ts";

/** docs/gateway.md as it stands, with Debian's nginx between the agent and the stand-in. */

let ca: TestCa;
let device: KeyPair;
let gears: Gears;
let gateway: Gateway;
let endpoints: Endpoint[];

beforeAll(() => {
  ca = createTestCa();
  device = ca.issue("DNS:device-17");
});
afterAll(() => ca[Symbol.dispose]());

beforeEach(async () => {
  endpoints = [];
  const tls = ca.issue("DNS:localhost");
  gears = await startGears({ tls, limit: { calls: 10, periodMs: 60_000 }, limiter: "sliding-log" });
  gateway = await startGateway(gears, ca);
});
afterEach(async () => {
  for (const endpoint of endpoints) endpoint[Symbol.dispose]();
  await gateway[Symbol.asyncDispose]();
  await gears.close();
});

/** An endpoint that has no secret of the account's. */
function endpointWith(pair: KeyPair | undefined, settings: Record<string, unknown> = {}): Endpoint {
  const endpoint = setUpEndpoint(gears, {
    baseUrl: gateway.baseUrl,
    clientId: undefined,
    auth: "none",
    caFile: ca.file,
  });
  endpoints.push(endpoint);
  endpoint.configure({ requestTimeout: "30s", deadline: "1m", ...settings });
  if (pair === undefined) return endpoint;
  const [clientCertFile, clientKeyFile] = ["client.pem", "key.pem"].map((name) => join(endpoint.directory, name));
  writeFileSync(clientCertFile ?? "", pair.cert);
  writeFileSync(clientKeyFile ?? "", pair.key, { mode: 0o600 });
  endpoint.configure({ clientCertFile, clientKeyFile });
  return endpoint;
}

const link = (endpoint: Endpoint) => endpoint.link([], { environment: { HOME: endpoint.directory } });
const linkUser = (device = "00:0c:29:f2:7a:29", opt = 0) => `/o/api/v2/devices/${device}/link_user?opt=${opt}`;
const token = (): string => /"(.+)"/.exec(readFileSync(gateway.tokenFile, "utf8"))?.[1] ?? expect.fail("no token");

describe("an endpoint without the account's secret", () => {
  test("is linked by one call, in which the gateway puts a token that the endpoint never had", async () => {
    const endpoint = endpointWith(device);
    const args = ["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile];
    const { child, ended } = start(args, { environment: { HOME: endpoint.directory } });
    let memory: Buffer = Buffer.alloc(0);
    gears.onCall(() => {
      memory = readMemory(child.pid ?? 0);
    });
    const { document, stdout, stderr } = withDocument(await ended);
    expect(document).toMatchObject({ outcome: "linked", username: caller, requests: { token: 0, linkUser: 1 } });
    expect(gears.callsOf("link_user")).toMatchObject([{ status: 200, device: document.device?.value, user: caller }]);
    expect(gears.callsOf("token").length).toBe(1);
    endpoint.huntSecrets(stdout + stderr);
    expect(memory.includes(`/o/api/v2/devices/${document.device?.value}`)).toBe(true);
    for (const secret of gears.secrets) expect(memory.includes(secret)).toBe(false);
  });

  test("sees in a rehearsal that no token is sent", async () => {
    const endpoint = endpointWith(device);
    const { document } = await endpoint.link(["--dry-run"], { environment: { HOME: endpoint.directory } });
    expect(document["request"]).toMatchObject({ url: expect.stringMatching(/\/link_user\?opt=\d$/) });
    expect(gears.callsOf("link_user")).toEqual([]);
  });

  test("is told by doctor that all is well, without a call", async () => {
    const endpoint = endpointWith(device);
    const { stdout } = await endpoint.run(["doctor", "--json"], { environment: { HOME: endpoint.directory } });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
    const said = Object.fromEntries(checks.map(({ name, status, detail }) => [name, `${status} ${detail}`]));
    expect(said["credential"]).toMatch(/^ok none needed/);
    expect(said["client-cert"]).toMatch(/^warn the client certificate expires on /);
    expect(said["tls"]).toMatch(/^ok /);
    expect(said["token"]).toMatch(/^skip /);
    expect(gears.callsOf("link_user")).toEqual([]);
  });

  test.each([
    ["has no certificate", () => undefined],
    ["has another organisation's", () => otherDevice()],
  ])("77 credentials: %s", async (_, pair) => {
    const { exitCode, document } = await link(endpointWith(pair()));
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "token-refused" } });
    expect(document.message).toContain("The gateway wants a client certificate that it trusts");
    expect(exitCode).toBe(77);
    expect(gears.callsOf("link_user")).toEqual([]);
  });

  test("77 credentials: others may read its key; the named command mends it", async () => {
    const endpoint = endpointWith(device);
    const key = join(endpoint.directory, "key.pem");
    chmodSync(key, 0o644);
    const { exitCode, document } = await link(endpoint);
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-exposed" } });
    expect(document.message).toContain(`Run chmod 600 ${key}`);
    expect(exitCode).toBe(77);
    expect(gears.callsOf("link_user")).toEqual([]);
  });

  test("75 rate-limited: the queue is full; the agent comes back later", async () => {
    const leaving = new AbortController();
    const send = () => gateway.send("POST", linkUser(), { device, signal: leaving.signal });
    const refused: Promise<unknown>[] = [];
    const full = new Promise<number>((resolve) => {
      for (let count = 0; count < 4; count += 1) {
        const answered = send().then(({ status, headers }) => {
          if (status === 429) resolve(Number(headers["retry-after"]));
        });
        refused.push(answered.catch(() => {}));
      }
    });
    expect(await full).toBe(30);
    const { exitCode, document } = await link(endpointWith(device, { deadline: "10s" }));
    leaving.abort();
    await Promise.all(refused);
    expect(document).toMatchObject({ outcome: "rate-limited", error: { code: "too-many-requests" } });
    expect(exitCode).toBe(75);
  });
});

test("a burst of agents is queued, so that the account's limit is kept", async () => {
  const all = await Promise.all([1, 2, 3].map(() => link(endpointWith(device))));
  expect(all.map(({ document }) => document.outcome)).toEqual(["linked", "linked", "linked"]);
  const times = gears.callsOf("link_user").map(({ at }) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  expect(gaps.length).toBe(2);
  // 9 a minute, less what one takes longer on its way than the next.
  for (const gap of gaps) expect(gap).toBeGreaterThan(6000);
});

describe("the gateway", () => {
  test("sends its own query and headers, whatever an endpoint sends", async () => {
    const own = token();
    const target = `${linkUser("1dc0aaaa292ce801f5379042d68bb6cb", 1)}&access_token=mine&x=1`;
    const headers = { authorization: "Bearer mine", cookie: "mine", "x-http-method-override": "DELETE" };
    const { status } = await gateway.send("POST", target, { device, headers });
    expect(status).toBe(200);
    // The stand-in refuses any other token, parameter or shape.
    expect(gears.callsOf("link_user")).toMatchObject([{ status: 200, opt: "1", user: "alice" }]);
    const line = '"CN=leaf" POST /o/api/v2/devices/1dc0aaaa292ce801f5379042d68bb6cb/link_user 200 200 ';
    await expect.poll(gateway.logs).toContain(line);
    expect(gateway.logs()).not.toMatch(/mine|access_token/);
    expect(gateway.logs()).not.toContain(own);
  });

  test.each([
    ["GET", linkUser(), 405],
    ["DELETE", linkUser(), 405],
    ["POST", "/o/oauth/token", 403],
    ["POST", "/o/api/v2/devices", 403],
    ["POST", "/o/api/v2/devices/x/unlink_user", 403],
    ["POST", "/o/api/v2/devices/x/link_user/../../../../oauth/token", 403],
    ["POST", "//o/api/v2/devices/x/link_user/", 403],
    ["GET", "/", 403],
  ])("lets %s %s through to nobody", async (method, target, status) => {
    const before = gears.calls.length;
    expect(await gateway.send(method, target, { device })).toMatchObject({ status });
    expect(gears.calls.length).toBe(before);
  });

  test("tells nobody the token, whatever the tenant answers", async () => {
    const own = token();
    const echoes = [
      redirect(`https://elsewhere.example.com/?access_token=${own}`),
      json(400, { result: 0, msg: `no: access_token=${own}` }),
      { status: 500, headers: { "Set-Cookie": own, Link: own, Refresh: `0; url=/?${own}` }, body: `at /?${own}` },
    ];
    for (const echo of echoes) gears.answerNext("link_user", echo);
    const answers = await Promise.all(echoes.map(() => gateway.send("POST", linkUser(), { device })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([302, 400, 500]);
    expect(JSON.stringify(answers)).not.toContain(own);
    expect(answers.map(({ body }) => body).join()).toContain("access_token=REDACTED");
  });

  test("takes a token that the tenant refuses for its own fault, and gets a new one by the script", async () => {
    gears.expireTokens();
    const refused = await gateway.send("POST", linkUser(), { device });
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "60" } });
    const before = token();
    expect(await gateway.renewToken()).toEqual({ failed: false, output: "" });
    expect(token()).not.toBe(before);
    // A worker of before the reload may still take this one.
    await expect
      .poll(async () => (await gateway.send("POST", linkUser(), { device })).status, { timeout: 60_000 })
      .toBe(200);
  });

  test("keeps its token where the script gets none, which tells no secret", async () => {
    const before = token();
    writeFileSync(gateway.credentialFile, JSON.stringify({ clientId: "key", clientSecret: "wrong-secret-0123" }));
    const { failed, output } = await gateway.renewToken();
    expect(failed).toBe(true);
    expect(output).not.toContain("wrong-secret");
    expect(token()).toBe(before);
  });

  test("writes no token into any log, though the tenant is gone", async () => {
    const own = token();
    await gears.close();
    expect(await gateway.send("POST", linkUser(), { device })).toMatchObject({ status: 502 });
    await expect.poll(gateway.logs).toContain(" 502 ");
    expect(gateway.logs()).not.toContain(own);
  });
});

function otherDevice(): KeyPair {
  using other = createTestCa();
  return other.issue("DNS:device-17");
}
