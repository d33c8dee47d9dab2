import { describe, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { createGears, type GearsCredentials } from "../../agent/gears/gears-client.ts";
import type { ApiRequest, RawResponse, Sender } from "../../agent/network/exchange.ts";
import { Secret } from "../../agent/secret.ts";
import { answer, now } from "./answers.ts";

const signal = new AbortController().signal;
const alice = { value: "00:0c:29:f2:7a:29", opt: 0, username: "alice", group: undefined } as const;
const client: GearsCredentials = { kind: "client", clientId: "key", clientSecret: new Secret("client-secret") };
const fixed: GearsCredentials = { kind: "token", accessToken: new Secret("fixed-token") };

const ok = answer(200, { result: 1, msg: "OK" });
const refused = answer(401, { result: 0, msg: "Invalid token" });
const grant = (token: string, expiresIn?: number) => answer(200, { access_token: token, expires_in: expiresIn });

/** Answers in order; what was asked is `sent`: `token`, or the access token of a link_user. */
function scripted(credentials: GearsCredentials, ...answers: (RawResponse | Error)[]) {
  const sent: string[] = [];
  const clock = { time: now, now: () => clock.time };
  const sender: Sender = {
    send: async (request: ApiRequest) => {
      const target = request.target.reveal();
      sent.push(target.endsWith("/oauth/token") ? "token" : (/access_token=(.*)$/.exec(target)?.[1] ?? "?"));
      const next = answers.shift();
      if (next === undefined) throw new TypeError("one request too many");
      if (next instanceof Error) throw next;
      return next;
    },
    close: async () => {},
  };
  return { gears: createGears({ baseUrl: "https://gears.opswat.com", credentials, sender, clock }), sent, clock };
}

describe("with client credentials", () => {
  test("gets a token before its first use and keeps it", async () => {
    const { gears, sent } = scripted(client, grant("t1"), ok, ok);
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked", message: "OK" });
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1", "t1"]);
    expect(gears.requests).toEqual({ token: 1, linkUser: 2 });
  });

  test("gets a new one when it has expired, or would on its way", async () => {
    const { gears, sent, clock } = scripted(client, grant("t1", 3600), ok, ok, grant("t2", 3600), ok);
    await gears.link(alice, signal);
    clock.time += 3_589_000;
    await gears.link(alice, signal);
    clock.time += 1000;
    await gears.link(alice, signal);
    expect(sent).toEqual(["token", "t1", "t1", "token", "t2"]);
  });

  test("uses a token that expires at once, rather than asking for ever", async () => {
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
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "token-refused", error: { code: "token-refused" } });
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "linked" });
    expect(sent).toEqual(["token", "t1", "token", "t2", "token", "t3"]);
  });

  test("passes on what the token endpoint answers", async () => {
    const slow = scripted(client, answer(429, "", { "retry-after": "9" }));
    expect(await slow.gears.link(alice, signal)).toMatchObject({
      kind: "rate-limited",
      rateLimit: { notBefore: now + 9000 },
    });
    expect(slow.gears.requests).toEqual({ token: 1, linkUser: 0 });
    const broken = scripted(client, answer(500));
    expect(await broken.gears.link(alice, signal)).toMatchObject({ kind: "server-error" });
    const wrong = scripted(client, answer(400, { error: "invalid_client" }));
    await expect(wrong.gears.link(alice, signal)).rejects.toMatchObject({ code: "credentials-refused" });
  });

  test("hides both its secret and its token in what the server says", async () => {
    const echo = { result: 0, msg: "client-secret and token-0123" };
    const { gears } = scripted(client, grant("token-0123"), answer(200, echo));
    const got = await gears.link(alice, signal);
    expect(got.kind === "refused" && got.error.message).toContain("REDACTED and REDACTED");
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
    expect(await gears.link(alice, signal)).toMatchObject({ kind: "token-refused" });
    expect(sent).toEqual(["fixed-token"]);
  });
});

test("counts a request that got no answer, and lets failures through as they are", async () => {
  const lost = scripted(fixed, new AgentError("connection-lost", "gone"), new TypeError("a defect"));
  await expect(lost.gears.link(alice, signal)).rejects.toMatchObject({ code: "connection-lost" });
  await expect(lost.gears.link(alice, signal)).rejects.toThrow(TypeError);
  expect(lost.gears.requests).toEqual({ token: 0, linkUser: 2 });
});
