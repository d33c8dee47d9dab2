import { describe, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { GearsClient } from "../../agent/gears/gears-client.ts";
import { createLog } from "../../agent/log.ts";
import type { ApiRequest, RawResponse } from "../../agent/network/exchange.ts";
import { Secret } from "../../agent/secret.ts";
import type { Credentials } from "../../agent/settings/credentials.ts";
import { answer, now } from "./answers.ts";

const signal = new AbortController().signal;
const alice = { value: "00:0c:29:f2:7a:29", opt: 0, username: "alice", group: undefined } as const;
const origin = "test";
const client: Credentials = { kind: "client", clientId: "key", clientSecret: new Secret("client-secret"), origin };
const fixed: Credentials = { kind: "token", accessToken: new Secret("fixed-token"), origin };

const ok = answer(200, { result: 1, msg: "OK" });
const refused = answer(401, { result: 0, msg: "Invalid token" });
const grant = (token: string, expiresIn?: number) => answer(200, { access_token: token, expires_in: expiresIn });

/** Gives these answers in order; `sent` has the requests: `token`, or the access token of a link_user. */
function scripted(credentials: Credentials, ...answers: (RawResponse | Error)[]) {
  const sent: string[] = [];
  const closed: number[] = [];
  const logged: string[] = [];
  const clock = { time: now, now: () => clock.time };
  const gears = new GearsClient({
    baseUrl: "https://gears.opswat.com",
    credentials: () => credentials,
    clock,
    period: 60_000,
    log: createLog("debug", [({ event, message }) => void logged.push(`${event}: ${message}`)], () => now),
    openSender: () => ({
      send: async (request: ApiRequest) => {
        const target = request.target.reveal();
        sent.push(/access_token=(.*)$/.exec(target)?.[1] ?? "token");
        const next = answers.shift() ?? expect.fail("one request too many");
        if (next instanceof Error) throw next;
        return next;
      },
      close: async () => void closed.push(1),
    }),
  });
  return { gears, sent, closed, logged, clock };
}

describe("with client credentials", () => {
  test("gets a token before its first use and keeps it", async () => {
    const { gears, sent } = scripted(client, grant("t1"), ok, ok);
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked", message: "OK" });
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1", "t1"]);
    expect(gears.requests).toEqual({ token: 1, linkUser: 2 });
  });

  test("gets a new one when it has expired, or would before it arrives", async () => {
    const { gears, sent, clock } = scripted(client, grant("t1", 3600), ok, ok, grant("t2", 3600), ok);
    await gears.link(alice, signal);
    clock.time += 3_589_000;
    await gears.link(alice, signal);
    clock.time += 1000;
    await gears.link(alice, signal);
    expect(sent).toEqual(["token", "t1", "t1", "token", "t2"]);
  });

  test("uses a token that expires at once instead of asking for ever", async () => {
    const { gears, sent } = scripted(client, grant("t1", 0), ok);
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1"]);
  });

  test("gets one new token after 401", async () => {
    const { gears, sent } = scripted(client, grant("t1"), refused, grant("t2"), ok);
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1", "token", "t2"]);
    expect(gears.requests).toEqual({ token: 2, linkUser: 2 });
  });

  test("gives up where the new token is refused too, and does not use it again", async () => {
    const { gears, sent } = scripted(client, grant("t1"), refused, grant("t2"), refused, grant("t3"), ok);
    await expect(gears.link(alice, signal)).rejects.toMatchObject({ code: "token-refused" });
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1", "token", "t2", "token", "t3"]);
  });

  test("gets no token soon after a new one was refused, but uses a kept one", async () => {
    const { gears, sent } = scripted(client, grant("t1"), refused, grant("t2"), ok, refused, grant("t3"), refused);
    await expect(gears.link(alice, signal, true)).rejects.toMatchObject({ code: "token-refused" });
    expect(sent).toEqual(["token", "t1"]);
    expect(await gears.link(alice, signal, true)).toMatchObject({ kind: "linked" });
    await expect(gears.link(alice, signal, true)).rejects.toMatchObject({ code: "token-refused" });
    expect(sent).toEqual(["token", "t1", "token", "t2", "t2", "token", "t3"]);
  });

  test("passes on what the token endpoint answers", async () => {
    const slow = scripted(client, answer(429, "", { "retry-after": "9" }));
    expect(await slow.gears.link(alice, signal)).toMatchObject({ kind: "rate-limited", notBefore: now + 9000 });
    expect(slow.gears.requests).toEqual({ token: 1, linkUser: 0 });
    const broken = scripted(client, answer(500));
    expect(await broken.gears.link(alice, signal)).toMatchObject({ kind: "unavailable" });
    const wrong = scripted(client, answer(400, { error: "invalid_client" }));
    await expect(wrong.gears.link(alice, signal)).rejects.toMatchObject({ code: "credentials-refused" });
  });

  test("hides both its secret and its token in what the server says", async () => {
    const echo = { result: 0, msg: "client-secret and token-0123" };
    const { gears } = scripted(client, grant("token-0123"), answer(200, echo));
    await expect(gears.link(alice, signal)).rejects.toThrow("REDACTED and REDACTED");
  });
});

describe("with a token from elsewhere", () => {
  test("asks for none", async () => {
    const { gears, sent } = scripted(fixed, ok);
    await gears.link(alice, signal);
    expect(sent).toEqual(["fixed-token"]);
    expect(gears.requests).toEqual({ token: 0, linkUser: 1 });
  });

  test("gives up after 401", async () => {
    const { gears, sent } = scripted(fixed, refused);
    await expect(gears.link(alice, signal)).rejects.toMatchObject({ code: "token-refused" });
    expect(sent).toEqual(["fixed-token"]);
  });
});

test("counts a request that got no answer, and lets failures through as they are", async () => {
  const lost = scripted(fixed, new AgentError("connection-lost", "gone"), new TypeError("a defect"));
  await expect(lost.gears.link(alice, signal)).rejects.toMatchObject({ code: "connection-lost" });
  await expect(lost.gears.link(alice, signal)).rejects.toThrow(TypeError);
  expect(lost.gears.requests).toEqual({ token: 0, linkUser: 2 });
});

const token = grant("t1");
const busy = (status: number): RawResponse => answer(status, { result: 0, msg: "later" }, { "retry-after": "120" });

test.each([
  [429, "rate-limited"],
  [503, "unavailable"],
])("the pause that a %i asks for is passed on, from either endpoint", async (status, kind) => {
  for (const answers of [[busy(status)], [token, busy(status)]]) {
    expect(await scripted(client, ...answers).gears.link(alice, signal)).toMatchObject({
      kind,
      notBefore: now + 120_000,
    });
  }
});

test("a refusal is thrown", async () => {
  const { gears } = scripted(client, token, answer(400, { result: 0, msg: "bad" }));
  await expect(gears.link(alice, signal)).rejects.toMatchObject({ code: "request-refused" });
});

test("a rest drops token and connections, but not the count", async () => {
  const { gears, closed } = scripted(client, token, busy(503), token, ok);
  await gears.link(alice, signal);
  await gears.rest();
  expect(closed).toHaveLength(1);
  expect(await gears.link(alice, signal)).toEqual({ kind: "linked", message: "OK", rateLimit: expect.anything() });
  expect(gears.requests).toEqual({ token: 2, linkUser: 2 });
});

const counted = answer(200, { access_token: "t1", expires_in: 3600 }, { "x-ratelimit-remaining": "0" });

test("a token that cost a call is kept over a short rest, and only then", async () => {
  const { gears } = scripted(client, counted, busy(429), busy(429), counted, busy(429));
  const paidUntil = now + 3_600_000;
  expect(await gears.link(alice, signal)).toMatchObject({ kind: "rate-limited", paidUntil });
  await gears.rest(true);
  expect(await gears.link(alice, signal)).toMatchObject({ kind: "rate-limited", paidUntil });
  await gears.rest();
  await gears.link(alice, signal);
  expect(gears.requests).toEqual({ token: 2, linkUser: 3 });
});

test("a place in a queue is followed only if a gateway has the credential", async () => {
  const place = answer(429, { result: 0, msg: "later" }, { "retry-after": "120", "x-linkuser-place": "exact" });
  const notBefore = now + 120_000;
  const behindGateway = scripted({ kind: "none" }, place).gears;
  expect(await behindGateway.link(alice, signal)).toMatchObject({ kind: "rate-limited", notBefore, exact: true });
  expect(await scripted(client, token, place).gears.link(alice, signal)).toMatchObject({ notBefore, exact: false });
});

test("an implausible wait is logged and ignored", async () => {
  const { gears, logged } = scripted(client, token, answer(429, "", { "retry-after": "90000" }));
  expect(await gears.link(alice, signal)).toMatchObject({ kind: "rate-limited", notBefore: undefined });
  expect(logged).toEqual([expect.stringMatching(/^wait-disbelieved: .*retry-after: 90000/)]);
});

test("the other path of the token endpoint is tried once, and remembered across connections", async () => {
  const { gears } = scripted(client, answer(404), token, answer(200, { result: 1 }), token, answer(200, { result: 1 }));
  await gears.link(alice, signal);
  await gears.rest();
  await gears.link(alice, signal);
  expect(gears.requests).toEqual({ token: 3, linkUser: 2 });
});
