import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Answer, endlessBody, endlessHeaders, gzipped, raw, redirect, reset } from "../../fakes/answers.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { json } from "../../fakes/gears-api.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { alice, type Gateway, linkUser, type Sending, startGateway } from "./gateway.ts";

/**
 * Requests that the gateway lets through to the tenant, and the parts of the tenant's answers that reach an endpoint.
 */

/** Quick enough that no test waits for its place. */
const noLimit = {
  LIMIT: "1000",
  PERIOD: "1",
  PLACES_PER_CERTIFICATE: "1000",
  CALLS_PER_CERTIFICATE: "1000",
} as const;

let ca: TestCa;
let device: KeyPair;
let gears: Gears;
let gateway: Gateway;

beforeAll(async () => {
  ca = createTestCa();
  device = ca.issue("DNS:device-17", 1, { commonName: "device-17" });
  gears = await startGears({ tls: ca.issue("DNS:localhost"), limit: { calls: 1000, periodMs: 1000 } });
  gateway = await startGateway(gears, ca, { settings: noLimit });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await gears.close();
  ca[Symbol.dispose]();
});
afterEach(() => gears.answerByRules("link_user"));

const linksSeen = () => gears.callsOf("link_user").length;
const token = (): string => gears.secrets.at(-1) ?? expect.fail("no token");

test("a link is one call, with the gateway's token, headers and query and the endpoint's device, user and group", async () => {
  const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";
  const headers = { authorization: "Bearer mine", cookie: "mine", "x-http-method-override": "DELETE" };
  const body = '{ "group": "caf\\u00e9 \\"A\\"", "username": "CORP\\\\alice" }';
  const answer = await gateway.send(device, { target: linkUser(hwid, 1), headers, body });
  expect(answer).toMatchObject({ status: 200, body: '{"result":1,"msg":"OK"}' });
  expect(answer.headers).toMatchObject({ "x-ratelimit-limit": "1000", "x-ratelimit-remaining": expect.any(String) });
  expect(gears.callsOf("link_user")).toMatchObject([{ status: 200, opt: "1", device: hwid, user: "CORP\\alice" }]);
  expect(gears.links.get(hwid)).toEqual({ user: "CORP\\alice", group: 'café "A"' });
  await expect
    .poll(() => gateway.calls().at(-1))
    .toMatchObject({
      machine: "device-17",
      device: hwid,
      user: "CORP\\alice",
      status: 200,
      result: 1,
      waited_ms: expect.any(Number),
    });
});

describe("everything else is refused, and not forwarded", () => {
  const long = "x".repeat(257);
  test.each<[string, number, Sending]>([
    ["GET", 405, { method: "GET" }],
    ["DELETE", 405, { method: "DELETE" }],
    ["another call", 403, { target: "/o/api/v2/devices/x/unlink_user?opt=0" }],
    ["the token's path", 403, { target: "/o/oauth/token" }],
    ["a path below", 403, { target: "/o/api/v2/devices/x/link_user/?opt=0" }],
    ["a path that climbs", 403, { target: "/o/api/v2/devices/x/link_user/../../../../oauth/token?opt=0" }],
    ["a doubled slash", 403, { target: "//o/api/v2/devices/x/link_user?opt=0" }],
    ["an encoded device", 403, { target: linkUser("x%2fy") }],
    ["an encoded line feed", 403, { target: "/o/api/v2/devices/x/link_user%0a?opt=0" }],
    ["a device of 65 characters", 403, { target: linkUser("x".repeat(65)) }],
    ["the start page", 403, { method: "GET", target: "/" }],
    ["the metrics", 403, { method: "GET", target: "/metrics" }],
    ["no opt", 400, { target: "/o/api/v2/devices/x/link_user" }],
    ["opt 2", 400, { target: linkUser("x", 2) }],
    ["opt twice", 400, { target: `${linkUser()}&opt=1` }],
    ["a token of the endpoint's", 400, { target: `${linkUser()}&access_token=mine` }],
    ["no body", 400, { body: "" }],
    ["no JSON", 400, { body: "{username:'alice'}" }],
    ["no object", 400, { body: `[${alice}]` }],
    ["a name twice", 400, { body: '{"username":"alice","username":"bob"}' }],
    ["a name twice, once escaped", 400, { body: '{"username":"alice","\\u0075sername":"bob"}' }],
    ["a third field", 400, { body: '{"username":"alice","domain":"CORP"}' }],
    ["no user", 400, { body: '{"group":"staff"}' }],
    ["an empty user", 400, { body: '{"username":""}' }],
    ["a user of 257 characters", 400, { body: `{"username":"${long}"}` }],
    ["a group of 257 characters", 400, { body: `{"username":"alice","group":"${long}"}` }],
    ["a user that is a number", 400, { body: '{"username":1}' }],
    ["a group that is null", 400, { body: '{"username":"alice","group":null}' }],
    ["a nested group", 400, { body: '{"username":"alice","group":{"username":"bob"}}' }],
    ["something after the object", 400, { body: `${alice}{}` }],
    ["deep nesting", 400, { body: `{"username":${"[".repeat(2000)}${"]".repeat(2000)}}` }],
    ["a lone surrogate", 400, { body: '{"username":"\\ud800"}' }],
    ["4097 bytes", 413, { body: alice.padEnd(4097) }],
    ["more, in chunks", 413, { body: alice.padEnd(60_000), headers: { "transfer-encoding": "chunked" } }],
  ])("%s: %i", async (_, status, sending) => {
    const before = gears.calls.length;
    const answer = await gateway.send(device, sending);
    expect(answer).toMatchObject({ status, headers: { "content-type": "application/json" } });
    expect(JSON.parse(answer.body)).toEqual({ result: 0, msg: expect.stringMatching(/\w/) });
    expect(gears.calls.length).toBe(before);
  });

  test("4096 bytes and 256 characters are let through", async () => {
    const body = `{"username":"${"é".repeat(256)}"}`;
    const padded = body + " ".repeat(4096 - Buffer.byteLength(body));
    expect(await gateway.send(device, { body: padded })).toMatchObject({ status: 200 });
  });

  test("a second request in the first one's body is not read", async () => {
    const before = gears.calls.length;
    const smuggled = `POST ${linkUser("evil")} HTTP/1.1\r\nHost: x\r\nContent-Length: ${alice.length}\r\n\r\n${alice}`;
    const headers = "Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5";
    const socket = connect({ port: gateway.port, ca: readFileSync(ca.file), servername: "localhost", ...device });
    socket.end(`POST ${linkUser()} HTTP/1.1\r\n${headers}\r\n\r\n0\r\n\r\n${smuggled}`);
    await socket.toArray().catch(() => {});
    expect(gears.calls.slice(before).map((call) => call.device)).not.toContain("evil");
  });
});

describe("who may call", () => {
  const other = (): KeyPair => {
    using stranger = createTestCa();
    return stranger.issue("DNS:device-17", 1, { commonName: "device-17" });
  };
  test.each<[string, () => KeyPair | undefined]>([
    ["nobody without a certificate", () => undefined],
    ["no other organisation's device", other],
    ["no device whose certificate has expired", () => ca.issue("DNS:device-18", -1)],
    ["no server of the organisation's", () => ca.issue("DNS:server", 1, { usage: "serverAuth" })],
  ])("%s", async (_, pair) => {
    const before = gears.calls.length;
    expect(await gateway.send(pair())).toMatchObject({
      status: 401,
      body: '{"result":0,"msg":"The gateway requires a client certificate from its device CA"}',
    });
    expect(gears.calls.length).toBe(before);
  });

  test("for any name that a stranger asks for", async () => {
    const headers = { host: "elsewhere.example.com" };
    expect(await gateway.send(other(), { headers })).toMatchObject({ status: 401 });
  });
});

describe("no answer of the tenant's leaks the token", () => {
  const answers: [string, (token: string) => Answer, number][] = [
    ["not found, 404", () => json(404, { result: 0, msg: "Device not found" }), 404],
    ["another service's 404", () => json(404, { error: "Not found", path: "/o" }), 502],
    ["400 that repeats it", (own) => json(400, { result: 0, msg: `no: access_token=${own}` }), 400],
    ["400 that has it backwards", (own) => json(400, { result: 0, msg: [...own].reverse().join("") }), 400],
    ["in upper case", (own) => json(200, { result: 0, msg: `not ${own.toUpperCase()}` }), 200],
    ["in pieces", (own) => json(200, { result: 0, msg: own.match(/.{1,5}/g)?.join(" ") }), 200],
    ["in pieces by colons", (own) => json(200, { result: 0, msg: own.match(/.{1,2}/g)?.join(":") }), 200],
    ["a piece", (own) => json(200, { result: 0, msg: `not ${own.slice(10, 19)}` }), 200],
    ["in base64", (own) => json(200, { result: 0, msg: Buffer.from(own).toString("base64") }), 200],
    ["in another field", (own) => json(200, { result: 1, msg: "OK", url: `/x?access_token=${own}` }), 200],
    ["as a name", (own) => json(200, { result: 0, msg: "Bad", [own]: [{ b: own }] }), 200],
    ["in a message that is none", (own) => json(200, { result: 1, msg: { own } }), 200],
    ["in headers", (own) => json(200, { result: 1, msg: "OK" }, { Location: own, Link: own, [`X-${own}`]: own }), 200],
    ["in the limit's headers", (own) => json(200, { result: 1, msg: "OK" }, { "X-RateLimit-Limit": own }), 200],
    ["compressed", (own) => gzipped(json(200, { result: 1, msg: own })), 502],
    ["compressed, unlabelled", (own) => ({ status: 200, body: gzipSync(own) }), 502],
    ["a redirect", (own) => redirect(`https://elsewhere.example.com/?access_token=${own}`), 502],
    ["a server error", (own) => ({ status: 500, body: `at /?access_token=${own}` }), 502],
    ["a page", (own) => ({ status: 200, headers: { "Content-Type": "text/html" }, body: `<p>${own}</p>` }), 502],
    ["a result that is text", (own) => json(200, { result: "1", msg: own }), 502],
    ["a result that is 2", (own) => json(200, { result: 2, msg: own }), 502],
    ["a result twice", () => ({ status: 200, body: '{"result":1,"msg":"OK","result":0}' }), 502],
    ["200 kB", (own) => json(200, { result: 1, msg: own.repeat(5000) }), 502],
    ["no end", () => endlessBody, 502],
    ["no end of headers", () => endlessHeaders, 502],
    ["no HTTP", (own) => raw(`${own}\r\n\r\n`), 502],
    ["a broken line", (own) => raw(`HTTP/1.1 200 OK\r\n${own}\r\n\r\n`), 502],
    ["a status that is none", (own) => raw(`HTTP/1.1 ${own}\r\n\r\n`), 502],
    ["nothing", () => reset, 502],
    ["403", (own) => json(403, { error: own }), 502],
  ];
  test.each(answers)("%s", async (_, answerWith, status) => {
    // After a failure the gateway leaves the tenant alone for 2 s.
    await expect.poll(async () => (await gateway.send(device)).status).toBe(200);
    const own = token();
    gears.answerNext("link_user", answerWith(own));
    const before = linksSeen();
    const answer = await gateway.send(device, { headers: { "accept-encoding": "gzip" } });
    expect(answer).toMatchObject({ status, headers: { "content-type": "application/json" } });
    const { result, msg, ...rest } = JSON.parse(answer.body);
    expect(rest).toEqual({});
    expect([0, 1]).toContain(result);
    const said = JSON.stringify(answer)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, "");
    const secret = own.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    for (const text of [secret, [...secret].reverse().join("")]) {
      for (let at = 0; at + 8 <= text.length; at++) expect(said).not.toContain(text.slice(at, at + 8));
    }
    expect(msg).not.toContain(Buffer.from(own).toString("base64").slice(0, 12));
    // The call is made once, with any result.
    expect(linksSeen()).toBe(before + 1);
    expect(gateway.logs()).not.toContain(own);
  });

  test("plain words reach the endpoint", async () => {
    const msg = "Device not found: the organisation's administrator (see Inventory) has removed it.";
    gears.answerNext("link_user", json(200, { result: 0, msg }));
    expect(JSON.parse((await gateway.send(device)).body)).toEqual({ result: 0, msg });
  });
});

test("nothing secret is in an argument, in the environment or in a log", () => {
  for (const name of ["cmdline", "environ"]) {
    const text = readFileSync(`/proc/${gateway.pid}/${name}`, "utf8");
    for (const secret of gears.secrets) expect(text).not.toContain(secret);
  }
  for (const secret of gears.secrets) expect(gateway.logs()).not.toContain(secret);
});
