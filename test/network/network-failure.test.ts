import { expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { networkFailure } from "../../agent/network/network-failure.ts";

const failure = (fields: { code?: string; syscall?: string; name?: string }) =>
  Object.assign(new Error("some text with ?access_token=tok"), fields);

test.each([
  [{ code: "ENOTFOUND", syscall: "getaddrinfo" }, "name-not-resolved"],
  [{ code: "EAI_AGAIN", syscall: "getaddrinfo" }, "name-not-resolved"],
  [{ code: "ECONNREFUSED", syscall: "connect" }, "not-connected"],
  [{ code: "EHOSTUNREACH", syscall: "connect" }, "not-connected"],
  [{ code: "EPERM", syscall: "connect" }, "not-connected"],
  [{ code: "ETIMEDOUT", syscall: "read" }, "not-connected"],
  [{ code: "ECONNRESET", syscall: "read" }, "connection-lost"],
  [{ code: "ECONNRESET" }, "connection-lost"],
  [{ code: "EPIPE", syscall: "write" }, "connection-lost"],
  [{ code: "ENETDOWN", syscall: "write" }, "connection-lost"],
  [{ code: "UND_ERR_SOCKET" }, "connection-lost"],
  [{ code: "UND_ERR_HEADERS_OVERFLOW" }, "answer-too-large"],
  [{ name: "HTTPParserError" }, "unexpected-answer"],
  [{ name: "HTTPParserError", code: "HPE_INVALID_CONSTANT" }, "unexpected-answer"],
  [{ code: "SELF_SIGNED_CERT_IN_CHAIN" }, "tls-untrusted"],
  [{ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, "tls-untrusted"],
  [{ code: "CERT_NOT_YET_VALID" }, "tls-untrusted"],
  [{ code: "CERT_REVOKED" }, "tls-untrusted"],
  [{ code: "ERROR_IN_CERT_NOT_BEFORE_FIELD" }, "tls-untrusted"],
  [{ code: "INVALID_CA" }, "tls-untrusted"],
  [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "tls-untrusted"],
  [{ code: "ERR_SSL_WRONG_VERSION_NUMBER" }, "tls-untrusted"],
  [{ code: "EPROTO", syscall: "write" }, "tls-untrusted"],
])("%o is %s", (fields, code) => {
  const cause = failure(fields);
  const error = networkFailure(cause, "gears.opswat.com");
  expect(error).toMatchObject({ code, cause });
  expect(error?.message).toContain("gears.opswat.com");
  expect(error?.message).not.toContain("access_token");
});

test("an AgentError stays what it is", () => {
  const error = new AgentError("interrupted", "x");
  expect(networkFailure(error, "host")).toBe(error);
});

test.each([
  ["TypeError", new TypeError("x is not a function")],
  ["a failed assertion", failure({ code: "ERR_ASSERTION" })],
  ["undici's complaint of a wrong argument", failure({ code: "UND_ERR_INVALID_ARG" })],
  ["a file that is missing", failure({ code: "ENOENT", syscall: "open" })],
  ["something that is no error", "ECONNRESET"],
])("%s is a defect, not a network failure", (_, thrown) => {
  expect(networkFailure(thrown, "host")).toBeUndefined();
});
