import fc from "fast-check";
import { AgentError, type ErrorCode } from "../../agent/errors.ts";
import type { RawResponse } from "../../agent/network/exchange.ts";

export const now = Date.UTC(2026, 10, 23, 8, 0, 0);

export function answer(status: number, body: unknown = "", headers: Record<string, string> = {}): RawResponse {
  return { status, headers, body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** A captive portal's page; optionally with the requested address in it, as some have. */
export const portalPage =
  "<!DOCTYPE html><html><head><title>Log in</title></head><body>/link_user?access_token=tok-0123456789</body></html>";

/** Bodies that have made JSON readers fail. */
export const hostileBodies: readonly string[] = [
  "",
  " ",
  "\u0000",
  "null",
  "true",
  "0",
  '""',
  "[]",
  "{}",
  "[".repeat(60_000),
  `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
  `${'{"result":'.repeat(6_000)}1${"}".repeat(6_000)}`,
  '{"result":1e999}',
  '{"result":-0}',
  '{"result":[1]}',
  '{"result":{"valueOf":1}}',
  '{"result":true}',
  '{"result":2,"msg":"OK"}',
  '{"result":"01"}',
  '{"__proto__":{"result":1,"access_token":"x"}}',
  '{"constructor":{"prototype":{"result":1}}}',
  '{"Result":1}',
  '{"access_token":null}',
  '{"access_token":""}',
  '{"access_token":"a b"}',
  '{"access_token":"a\\r\\nb"}',
  '{"access_token":["x"]}',
  `{"access_token":"${"x".repeat(10_000)}"}`,
  '{"result":1',
  "result=1&msg=OK",
  "<title".repeat(10_000),
  "OK",
  '/**/callback({"result":1})',
  "\ufeff<html>",
  '<?xml version="1.0"?><result>1</result>',
  portalPage,
];

export const anyAnswer: fc.Arbitrary<RawResponse> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 400, 401, 404, 429, 500), fc.integer({ min: 200, max: 999 })),
  headers: fc.dictionary(
    fc.constantFrom("content-type", "content-encoding", "location", "retry-after", "x-ratelimit-reset-time", "date"),
    fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom("gzip", "text/html", "//evil", "javascript:alert(1)")),
  ),
  body: fc.oneof(
    fc.constantFrom(...hostileBodies),
    fc.json(),
    fc.string({ unit: "binary" }),
    fc
      .record({ result: fc.oneof(fc.constantFrom(0, 1, "0", "1"), fc.jsonValue()), msg: fc.jsonValue() })
      .map((fields) => JSON.stringify(fields)),
  ),
});

/** The code of the AgentError that a reader throws; anything else that it throws is a defect and comes out. */
export function codeThrownBy(read: () => unknown): ErrorCode | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AgentError) return thrown.code;
    throw thrown;
  }
}
