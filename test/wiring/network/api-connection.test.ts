import { expect, test } from "vitest";
import { createLog } from "../../../agent/log.ts";
import type { RawResponse } from "../../../agent/network/exchange.ts";
import { Secret } from "../../../agent/secret.ts";
import type { Credentials } from "../../../agent/settings/credentials.ts";
import { apiConnection } from "../../../agent/wiring/network/api-connection.ts";
import { virtualClock } from "../../fakes/clock.ts";
import { answer, now } from "../../gears/answers.ts";

const signal = new AbortController().signal;
const alice = { value: "00:0c:29:f2:7a:29", opt: 0, username: "alice", group: undefined } as const;

const client: Credentials = {
  kind: "client",
  clientId: "key",
  clientSecret: new Secret("client-secret"),
  origin: "test",
};

function connection(...answers: RawResponse[]) {
  return connectionWith(client, ...answers);
}

function connectionWith(credentials: Credentials, ...answers: RawResponse[]) {
  const closed: number[] = [];
  const logged: string[] = [];
  const api = apiConnection({
    baseUrl: "https://gears.opswat.com",
    credentials: () => credentials,
    clock: virtualClock(now),
    period: 60_000,
    log: createLog("debug", [({ event, message }) => void logged.push(`${event}: ${message}`)], () => now),
    openSender: () => ({
      send: async () => answers.shift() ?? expect.fail("one request too many"),
      close: async () => void closed.push(1),
    }),
  });
  return { api, closed, logged };
}

const token = answer(200, { access_token: "t1" });
const busy = (status: number): RawResponse => answer(status, { result: 0, msg: "later" }, { "retry-after": "120" });

test.each([
  [429, "rate-limited"],
  [503, "unavailable"],
])("the pause that a %i asks for is told, from either endpoint", async (status, kind) => {
  for (const answers of [[busy(status)], [token, busy(status)]]) {
    expect(await connection(...answers).api.link(alice, signal)).toMatchObject({ kind, notBefore: now + 120_000 });
  }
});

test("a refusal is thrown", async () => {
  const { api } = connection(token, answer(400, { result: 0, msg: "bad" }));
  await expect(api.link(alice, signal)).rejects.toMatchObject({ code: "request-refused" });
});

test("a rest drops token and connections, but not the count", async () => {
  const { api, closed } = connection(token, busy(503), token, answer(200, { result: 1, msg: "OK" }));
  await api.link(alice, signal);
  await api.rest();
  expect(closed).toHaveLength(1);
  expect(await api.link(alice, signal)).toEqual({ kind: "linked", message: "OK", rateLimit: expect.anything() });
  expect(api.requests()).toEqual({ token: 2, linkUser: 2 });
});

const counted = answer(200, { access_token: "t1", expires_in: 3600 }, { "x-ratelimit-remaining": "0" });

test("a token that cost a call is kept over a short rest, and only then", async () => {
  const { api } = connection(counted, busy(429), busy(429), counted, busy(429));
  const paidUntil = now + 3_600_000;
  expect(await api.link(alice, signal)).toMatchObject({ kind: "rate-limited", paidUntil });
  await api.rest(true);
  expect(await api.link(alice, signal)).toMatchObject({ kind: "rate-limited", paidUntil });
  await api.rest();
  await api.link(alice, signal);
  expect(api.requests()).toEqual({ token: 2, linkUser: 3 });
});

test("a place in a queue is followed where a gateway has the credential, and not by a device that has its own", async () => {
  const place = answer(429, { result: 0, msg: "later" }, { "retry-after": "120", "x-linkuser-place": "exact" });
  const notBefore = now + 120_000;
  const gateway = connectionWith({ kind: "none" }, place).api;
  expect(await gateway.link(alice, signal)).toMatchObject({ kind: "rate-limited", notBefore, exact: true });
  expect(await connection(token, place).api.link(alice, signal)).toMatchObject({ notBefore, exact: false });
});

test("a wait that can't be meant is logged, and is none", async () => {
  const { api, logged } = connection(token, answer(429, "", { "retry-after": "90000" }));
  expect(await api.link(alice, signal)).toMatchObject({ kind: "rate-limited", notBefore: undefined });
  expect(logged).toEqual([expect.stringMatching(/^wait-disbelieved: .*retry-after: 90000/)]);
});

test("the other path of the token endpoint is tried once, and remembered over connections", async () => {
  const { api } = connection(answer(404), token, answer(200, { result: 1 }), token, answer(200, { result: 1 }));
  await api.link(alice, signal);
  await api.rest();
  await api.link(alice, signal);
  expect(api.requests()).toEqual({ token: 3, linkUser: 2 });
});
