import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError, type Place } from "../../agent/errors.ts";
import { type FailureContext, networkFailure } from "../../agent/network/network-failure.ts";
import { TimeLimitReached } from "../../agent/network/time-limit.ts";

const failure = (fields: { code?: string; syscall?: string; name?: string; reason?: string } = {}) =>
  Object.assign(new Error("some text"), fields);

const tenant = (stage: Place["stage"], via?: string): FailureContext => ({
  stage,
  party: "tenant",
  host: "gears.test",
  via,
});
const proxy = (stage: Place["stage"]): FailureContext => ({
  stage,
  party: "proxy",
  host: "proxy.test:3128",
  target: "gears.test:443",
});

describe("the place of a failure decides, not its code", () => {
  test.each<[FailureContext, string]>([
    [tenant("name"), "name-not-resolved"],
    [tenant("connection"), "not-connected"],
    [tenant("handshake"), "tls-untrusted"],
    [tenant("request"), "connection-lost"],
    [tenant("answer"), "connection-lost"],
    [proxy("name"), "name-not-resolved"],
    [proxy("connection"), "not-connected"],
    [proxy("handshake"), "tls-untrusted"],
    [proxy("tunnel"), "unexpected-answer"],
    [proxy("proxy log-on"), "unexpected-answer"],
  ])("%o", (context, code) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z][A-Z_0-9]{0,40}$/), (unknown) => {
        const cause = failure({ code: `X_${unknown}` });
        expect(networkFailure(cause, context)).toMatchObject({ code, cause, place: { stage: context.stage } });
      }),
    );
    expect(networkFailure(failure(), context).code).toBe(code);
  });
});

describe("a connection that ends", () => {
  test.each([
    { code: "ECONNRESET", syscall: "read" },
    { code: "ECONNRESET" },
    { code: "EPIPE", syscall: "write" },
    { code: "ENETDOWN", syscall: "write" },
    { code: "ETIMEDOUT", syscall: "read" },
    { code: "UND_ERR_SOCKET" },
  ])("%o is lost, in the handshake and after it, with proxies and tenants", (fields) => {
    const spots = [tenant("handshake"), tenant("request"), tenant("answer"), proxy("tunnel"), proxy("handshake")];
    for (const context of spots) expect(networkFailure(failure(fields), context).code).toBe("connection-lost");
  });
});

test.each([
  [{ code: "UND_ERR_HEADERS_OVERFLOW" }, "answer-too-large"],
  [{ name: "HTTPParserError" }, "unexpected-answer"],
  [{ name: "HTTPParserError", code: "HPE_INVALID_CONSTANT" }, "unexpected-answer"],
  [{ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" }, "tls-untrusted"],
  [{ code: "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC" }, "connection-lost"],
])("%o in an answer is %s", (fields, code) => {
  expect(networkFailure(failure(fields), tenant("answer")).code).toBe(code);
});

describe("what takes too long", () => {
  const late = new TimeLimitReached(30_000);
  test.each<[FailureContext, string, RegExp]>([
    [tenant("name"), "name-not-resolved", /DNS lookup of gears\.test got no answer within 30 s.*DNS servers/],
    [tenant("connection"), "not-connected", /No connection to gears\.test within 30 s.*whether a proxy is needed/],
    [tenant("handshake"), "not-connected", /^gears\.test accepted the connection.*TLS handshake within 30 s/],
    [tenant("request"), "no-answer", /did not answer within 30 s/],
    [tenant("answer"), "no-answer", /began an answer/],
    [proxy("connection"), "not-connected", /to the proxy proxy\.test:3128 within 30 s.*doctor --proxy none/],
    [
      proxy("tunnel"),
      "not-connected",
      /The proxy proxy\.test:3128 accepted.*tunnel to gears\.test:443 within.*--proxy none/,
    ],
    [
      tenant("handshake", "proxy.test:3128"),
      "not-connected",
      /gears\.test \(through the proxy proxy\.test:3128\).*TLS handshake.*The proxy proxy\.test:3128 opened/i,
    ],
  ])("%o names stage, party and next step", (context, code, said) => {
    const error = networkFailure(late, context);
    expect(error).toMatchObject({ code, place: { stage: context.stage, party: context.party } });
    expect(error.message).toMatch(said);
  });
});

test("an AgentError stays what it is, and an abort without one is an interruption", () => {
  const error = new AgentError("interrupted", "x");
  expect(networkFailure(error, tenant("request"))).toBe(error);
  const { signal } = new AbortController();
  expect(signal.aborted).toBe(false);
  expect(networkFailure(AbortSignal.abort().reason, tenant("request")).code).toBe("interrupted");
});

test.each([
  ["ECONNREFUSED", "(connection refused, ECONNREFUSED)"],
  ["EMADEUP", "(EMADEUP)"],
])("%s is shown in words, if there are any, with its code", (code, shown) => {
  const { message } = networkFailure(failure({ code }), tenant("connection"));
  expect(message).toContain(`No connection to gears.test ${shown}.`);
});
