import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { buildTokenRequest, readTokenResponse } from "../../agent/gears/token.ts";
import { Secret } from "../../agent/secret.ts";
import { answer, anyAnswer, codeThrownBy, hostileBodies, now, portalPage } from "./answers.ts";

const clientSecret = new Secret("s3cret&=+ /?");
const context = { host: "gears.opswat.com", secrets: [clientSecret] };
const read = (response: ReturnType<typeof answer>) => readTokenResponse(response, context, now);

/** Each has a name and a value of its own. */
const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, `v${at}`]));

describe("the request", () => {
  const request = buildTokenRequest("https://gears.opswat.com/", { clientId: "key 1", clientSecret });

  test("is the client credentials grant with the credentials in the body", () => {
    expect(request).toMatchObject({ method: "POST", origin: "https://gears.opswat.com" });
    expect(request.target.reveal()).toBe("/o/oauth/token");
    expect(request.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(request.body?.reveal()))).toEqual({
      client_id: "key 1",
      client_secret: "s3cret&=+ /?",
      grant_type: "client_credentials",
    });
  });

  test("shows no secret, however it is printed", () => {
    expect(JSON.stringify(request)).not.toContain("s3cret");
  });
});

describe("a token", () => {
  test.each([
    ["with its life", { access_token: "abc", token_type: "bearer", expires_in: 3600 }, now + 3_600_000],
    ["with its life as text", { access_token: "abc", expires_in: "60" }, now + 60_000],
    ["without its life", { access_token: "abc" }, undefined],
    ["with an unreadable life", { access_token: "abc", expires_in: "soon" }, undefined],
    ["that has expired", { access_token: "abc", expires_in: -5 }, now],
    ["that lives absurdly long", { access_token: "abc", expires_in: 1e300 }, now + 365 * 86_400_000],
  ])("%s", (_, body, expiresAt) => {
    const got = read(answer(200, body));
    expect(got).toMatchObject({ kind: "token", token: { expiresAt } });
    expect(got.kind === "token" && got.token.value.reveal()).toBe("abc");
  });
});

test.each([
  [400, { error: "invalid_client", error_description: "Bad client credentials" }],
  [401, { error: "invalid_client" }],
  [400, ""],
  [401, "Unauthorized"],
  [401, portalPage],
])("status %d with %j refuses the credentials", (status, body) => {
  expect(codeThrownBy(() => read(answer(status, body)))).toBe("credentials-refused");
});

test("the refusal says why, without the secret that a proxy sends back", () => {
  const body = { error: "invalid_client", error_description: `bad ${clientSecret.reveal()}\u001b` };
  expect(() => read(answer(401, body))).toThrow("(invalid_client: bad …)");
});

test("a token may stand among a few hundred fields of a gateway", () => {
  expect(read(answer(200, { access_token: "abc", ...fields(499) }))).toMatchObject({ kind: "token" });
});

test.each([
  ["redirect", answer(301, "", { location: "/login" }), "redirected"],
  ["web page", answer(200, portalPage), "intercepted"],
  ["web page for 400", answer(400, portalPage), "not-json"],
  ["web page for 404", answer(404, portalPage), "not-json"],
  ["page of a network that wants a login", answer(511, portalPage), "intercepted"],
  ["empty answer", answer(200), "not-json"],
  ["answer without a token", answer(200, { token_type: "bearer" }), "unexpected-answer"],
  ["token that could split a request", answer(200, { access_token: "a\r\nb" }), "unexpected-answer"],
  ["token with a wrong status", answer(403, { access_token: "abc" }), "unexpected-answer"],
  [
    "JSON of another service, which knows no such path",
    answer(404, { error: "Not Found", path: "/o" }),
    "unexpected-answer",
  ],
  ["token among a thousand strings", answer(200, { access_token: "abc", ...fields(500) }), "unexpected-answer"],
  ["code of another service for 404", answer(404, { error: "not_found" }), "unexpected-answer"],
])("%s is no answer of the API", (_, response, code) => {
  expect(codeThrownBy(() => read(response))).toBe(code);
});

test.each<[string, ReturnType<typeof answer>, string, RegExp]>([
  [
    "an OAuth error with status 200",
    answer(200, { error: "invalid_client", error_description: "Unknown client" }),
    "credentials-refused",
    /refuses the client ID and secret \(invalid_client: Unknown client\)/,
  ],
  [
    "401 with message",
    answer(401, { message: "Client is disabled." }),
    "credentials-refused",
    /\(Client is disabled\)/,
  ],
  ["401 with msg", answer(401, { result: 0, msg: "Locked" }), "credentials-refused", /\(Locked\)/],
  [
    "401 with a nested error",
    answer(401, { error: { code: 17, message: "Client has expired" } }),
    "credentials-refused",
    /\(Client has expired\)/,
  ],
  [
    "a scope that is not allowed",
    answer(400, { error: "invalid_scope", error_description: "No scope" }),
    "credentials-refused",
    /issues no token to this OAuth application \(invalid_scope: No scope\)/,
  ],
  [
    "403 of a firewall",
    answer(403, { message: "Request blocked. Support ID: 1234567890" }),
    "request-refused",
    /refuses the request for a token \(status 403\): Request blocked\. Support ID: 1234567890\.$/,
  ],
  [
    "a nested error with status 200",
    answer(200, { error: { code: "unauthorized", message: "Bad client" } }),
    "credentials-refused",
    /refuses the client ID and secret \(Bad client\)/,
  ],
  ["result 0 with status 200", answer(200, { result: 0, msg: "Locked" }), "credentials-refused", /\(Locked\)/],
  [
    "an error that is not about the credentials",
    answer(415, { error: "unsupported_media_type" }),
    "request-refused",
    /refuses the request for a token \(status 415\): unsupported_media_type\.$/,
  ],
  [
    "403 of a firewall in plain text",
    answer(403, "Your country is blocked."),
    "not-json",
    /not JSON \(status 403: Your country is blocked\)/,
  ],
  [
    "403 of a firewall with a web page",
    answer(403, "<html><title>403 Web Page\n Blocked</title>s3cret&=+ /?"),
    "not-json",
    /a web page \(status 403: Web Page Blocked\)/,
  ],
  [
    "a page that repeats the secret in its title",
    answer(403, "<html><title>s3cret&=+ /?</title>"),
    "not-json",
    /\(status 403: REDACTED\)/,
  ],
  ["402", answer(402, { title: "Payment Required", detail: "Licence ended" }), "request-refused", /Licence ended/],
  ["423", answer(423, { errors: [{ message: "Account is locked" }] }), "request-refused", /Account is locked/],
])("%s is reported in the server's words", (_, response, code, said) => {
  expect(codeThrownBy(() => read(response))).toBe(code);
  expect(() => read(response)).toThrow(said);
});

test("an OAuth error shows only its code and plain words", () => {
  const echo = `Bad secret ${Buffer.from("key:s3cret&=+ /?").toString("base64")} at ab12cd for s3c ret&`;
  const response = answer(400, { error: "invalid_client", error_description: echo });
  expect(() => read(response)).toThrow(/\(invalid_client: Bad secret … at … for … …\)/);
  const code = answer(400, { error: "s3cret_and_more", error_description: "no" });
  expect(() => read(code)).not.toThrow(/s3cret/);
});

test.each([408, 425, 500, 502])("status %i is tried again", (status) => {
  expect(read(answer(status))).toMatchObject({ kind: "server-error", error: { code: "server-error" } });
});

test("a temporary OAuth error is tried again", () => {
  const busy = answer(400, { error: "temporarily_unavailable" });
  expect(read(busy)).toMatchObject({ kind: "server-error" });
});

test("rate limit and server faults are answers", () => {
  expect(read(answer(429, "", { "retry-after": "7" }))).toMatchObject({
    kind: "rate-limited",
    rateLimit: { notBefore: now + 7000 },
  });
  expect(read(answer(503, portalPage))).toMatchObject({ kind: "server-error", error: { code: "server-error" } });
});

test("the hostile corpus never gives a token and never breaks the reader", () => {
  for (const body of hostileBodies) {
    expect(
      codeThrownBy(() => read(answer(200, body))),
      body.slice(0, 40),
    ).toMatch(/^(?:intercepted|not-json|unexpected-answer)$/);
  }
});

test("any answer ends as one of the union or as an error of the contract", () => {
  fc.assert(
    fc.property(anyAnswer, (response) => {
      try {
        expect(["token", "rate-limited", "server-error"]).toContain(read(response).kind);
      } catch (thrown) {
        if (!(thrown instanceof AgentError)) throw thrown;
        expect(["protocol", "credentials", "request-rejected"]).toContain(thrown.outcome);
      }
    }),
    { numRuns: 500 },
  );
});
