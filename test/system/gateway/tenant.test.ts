import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { silence } from "../../fakes/answers.ts";
import { type Gears, type GearsOptions, startGears } from "../../fakes/gears.ts";
import { json, oauthError } from "../../fakes/gears-api.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

/** The gateway's token, and a tenant that is slow, down, at its limit or nowhere. */

let ca: TestCa;
let device: KeyPair;
beforeAll(() => {
  ca = createTestCa();
  device = ca.issue("DNS:device-17");
});
afterAll(() => ca[Symbol.dispose]());

const quick = { LIMIT: "1000", PERIOD: "1", CALLS_PER_CERTIFICATE: "1000" };
let made: AsyncDisposableStack;
async function start(gearsOptions: GearsOptions = {}, options: GatewayOptions = {}) {
  made = new AsyncDisposableStack();
  const limit = { calls: 1000, periodMs: 1000 };
  const gears = made.use(await startGears({ tls: ca.issue("DNS:localhost"), limit, ...gearsOptions }));
  const gateway = made.use(await startGateway(gears, ca, { ...options, settings: { ...quick, ...options.settings } }));
  return { gears, gateway };
}
afterEach(() => made.disposeAsync());

const healthOf = async (gateway: Gateway) => (await gateway.ask("/health")).body;
const gotToken = (gateway: Gateway) => expect.poll(() => healthOf(gateway)).toMatch(/^token: got at /);
const tokensOf = (gears: Gears) => gears.callsOf("token").length;

describe("the token", () => {
  test("is asked for at the start and renewed at half its life, before an endpoint needs it", async () => {
    // Half of it is 30 s at least: an account whose tokens live shorter would use up its limit for them.
    const { gears, gateway } = await start({ tokenLifetime: 62 });
    await gotToken(gateway);
    expect(tokensOf(gears)).toBe(1);
    await expect.poll(() => tokensOf(gears)).toBe(2);
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
    expect(tokensOf(gears)).toBe(2);
  });

  test("is renewed once where the tenant refuses it, and the call made again", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.expireTokens();
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
    expect(gears.callsOf("link_user").map(({ status }) => status)).toEqual([401, 200]);
    expect(tokensOf(gears)).toBe(2);
  });

  test("a refused new token is the gateway's concern: 503, and no third call", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerAlways("link_user", json(401, { error: "invalid_token" }));
    expect(await gateway.send(device)).toMatchObject({ status: 503, headers: { "retry-after": "60" } });
    expect(gears.callsOf("link_user").length).toBe(2);
  });

  test("stays in use if no new one is available", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerAlways("token", { status: 500 });
    gears.answerNext("link_user", json(401, { error: "invalid_token" }));
    expect(await gateway.send(device)).toMatchObject({ status: 503 });
    expect(await healthOf(gateway)).toContain("could not renew it: the tenant answered 500");
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
  });

  test("many calls after its end make one renewal", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.expireTokens();
    const devices = Array.from({ length: 10 }, (_, one) => ca.issue(`DNS:device-${one}`));
    const answers = await Promise.all(devices.map((pair) => gateway.send(pair)));
    expect(answers.map(({ status }) => status)).toEqual(devices.map(() => 200));
    expect(tokensOf(gears)).toBe(2);
  });

  test("comes from the second path if the first is missing", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerNext("token", { status: 404 });
    gears.answerNext("unknown", json(200, { access_token: gears.issueToken(), expires_in: "43199" }));
    gears.answerNext("link_user", json(401, {}));
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
    expect(gears.callsOf("unknown")).toMatchObject([{ path: "/o/oauth2/token" }]);
  });

  test("a wrong secret: the reason is in the journal and in /health, the secret is not", async () => {
    const credential = JSON.stringify({ clientId: "key", clientSecret: "wrong-secret-0123" });
    const { gateway } = await start({}, { credential });
    await expect.poll(() => healthOf(gateway)).toContain("the tenant answered 401 invalid_client");
    expect(await gateway.send(device)).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
    await expect.poll(() => gateway.logs()).toContain("401 invalid_client");
    expect(gateway.logs()).not.toContain("wrong-secret");
  });

  test("an answer that repeats the secret does not put it into a log", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerAlways("token", oauthError(400, gears.clientSecret, gears.clientSecret));
    gears.answerNext("link_user", json(401, {}));
    await gateway.send(device);
    await expect.poll(() => gateway.logs()).toContain("token_failed");
    for (const secret of gears.secrets) expect(gateway.logs()).not.toContain(secret);
  });
});

describe("a tenant", () => {
  test("at its limit is not called until its reset", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerNext("link_user", json(429, {}, { "X-RateLimit-Reset-Time": "30" }));
    const refused = await gateway.send(device);
    expect(refused).toMatchObject({ status: 429, headers: { "x-linkuser-place": "exact" } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(29);
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(31);
    const others = await Promise.all([1, 2, 3].map((one) => gateway.send(ca.issue(`DNS:other-${one}`))));
    for (const other of others) {
      expect(other).toMatchObject({ status: 429, headers: { "x-linkuser-place": "exact" } });
      expect(Number(other.headers["retry-after"])).toBeGreaterThanOrEqual(20);
    }
    expect(gears.callsOf("link_user").length).toBe(1);
  });

  test("at its limit for tokens stops all calls, too", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerNext("link_user", json(401, {}));
    gears.answerNext("token", json(429, {}, { "Retry-After": "40" }));
    await gateway.send(device);
    expect((await gateway.ask("/metrics/linkuser")).body).toMatch(/pause_seconds (?:[23]\d|40)/);
    expect(await gateway.send(ca.issue("DNS:other"))).toMatchObject({ status: 429 });
  });

  test("that is down is asked less and less often, and devices keep their places", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerAlways("link_user", { status: 503 });
    const others = [ca.issue("DNS:second"), ca.issue("DNS:third")];
    expect(await gateway.send(device)).toMatchObject({ status: 502 });
    expect(await gateway.ask("/health")).toMatchObject({ status: 503 });
    // They wait for the end of the pause, 2 s and then 4 s, and fail again.
    for (const other of others) expect(await gateway.send(other)).toMatchObject({ status: 502 });
    expect((await gateway.ask("/metrics/linkuser")).body).toMatch(/pause_seconds [5-8]/);
    gears.answerByRules("link_user");
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
    expect(await gateway.ask("/health")).toMatchObject({ status: 200 });
  });

  test("that never answers costs an endpoint 12 s and one call", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerNext("link_user", silence);
    const started = performance.now();
    expect(await gateway.send(device)).toMatchObject({ status: 502 });
    expect(performance.now() - started).toBeLessThan(29_000);
    expect(gears.callsOf("link_user").length).toBe(1);
  });

  test("that is slow: endpoints that hang up harm no other", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    gears.answerNext("link_user", silence, 5);
    const leaving = new AbortController();
    const gone = [1, 2, 3, 4, 5].map((one) =>
      gateway.send(ca.issue(`DNS:gone-${one}`), { signal: leaving.signal }).catch(() => "gone"),
    );
    await expect.poll(() => gears.callsOf("link_user").length).toBe(5);
    leaving.abort();
    expect(await Promise.all(gone)).toEqual(Array(5).fill("gone"));
    expect(await gateway.send(device)).toMatchObject({ status: 200 });
    expect(gateway.logs()).not.toContain("exited");
  });

  test("that is gone: 502, and nothing secret in any log", async () => {
    const { gears, gateway } = await start();
    await gotToken(gateway);
    const { secrets } = gears;
    await gears.close();
    expect(await gateway.send(device)).toMatchObject({ status: 502 });
    for (const secret of secrets) expect(gateway.logs()).not.toContain(secret);
  });

  test("with another server's certificate gets neither secret nor token", async () => {
    using elsewhere = createTestCa();
    const strangers: GearsOptions[] = [
      { tls: ca.issue("DNS:elsewhere.example.com") },
      { tls: elsewhere.issue("DNS:localhost") },
    ];
    for (const stranger of strangers) {
      const { gears, gateway } = await start(stranger);
      await expect.poll(() => healthOf(gateway)).toContain("the tenant did not answer");
      expect(gears.calls).toEqual([]);
      await made.disposeAsync();
    }
  });
});
