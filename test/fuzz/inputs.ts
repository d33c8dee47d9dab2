import fc from "fast-check";
import type { RawResponse } from "../../agent/network/exchange.ts";
import { settingNames } from "../../agent/settings/table.ts";

/** Texts that hostile or broken servers send: made from good ones, and from nothing. */

/** Well-formed answers, from which others are made. */
const goodBodies: readonly string[] = [
  '{"result":1,"msg":"OK"}',
  '{"result":0,"msg":"Device not found"}',
  '{"access_token":"0123456789abcdef","token_type":"bearer","expires_in":3600}',
  '{"error":"invalid_client","error_description":"Bad client credentials"}',
  'linkuser({"code":0,"description":"Success","info":{"hwid":"1dc0aaaa292ce801f5379042d68bb6cb"}})',
  "<!DOCTYPE html><html><head><title>Log in</title></head></html>",
];

const goodValues: readonly string[] = [
  "10",
  "120",
  "1795420800",
  "Mon, 23 Nov 2026 08:00:00 GMT",
  "Monday, 23-Nov-26 08:00:00 GMT",
  "Mon Nov 23 08:00:00 2026",
  "https://portal.example.com/?access_token=x",
  "application/json; charset=utf-8",
  "gzip",
  "exact",
];

/** Characters that readers stumble over, anywhere. */
const stumblingBlocks: readonly string[] = [
  ..." \t\r\n\0\"'\\{}[]():;,.<>/%+-",
  ..."\u001b\u007f\u009b\u200b\u202e\u2028\ud800\udfff\ufeff\u{1f4a5}",
  "\r\n",
  "1e999",
  "-1",
  "9".repeat(400),
  "null",
  "__proto__",
  '"result":1',
  '"result":"1"',
  "/**/",
  "%00",
  "tok-0123456789",
  "GMT",
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(8),
  insert: fc.oneof(fc.constantFrom(...stumblingBlocks), fc.string({ unit: "binary", maxLength: 4 }), fc.constant("")),
  times: fc.oneof({ weight: 30, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(100, 10_000) }),
});

/** A good text after some harm. */
function harmed(good: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...good), fc.array(edit, { maxLength: 4 })).map(([text, edits]) =>
    edits.reduce((now, { at, remove, insert, times }) => {
      const place = Math.floor(at * now.length);
      return (now.slice(0, place) + insert.repeat(times) + now.slice(place + remove)).slice(0, 65_536);
    }, text),
  );
}

export const anyBody: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: harmed(goodBodies) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

export const anyValue: fc.Arbitrary<string> = harmed(goodValues);

const names = [
  "content-type",
  "content-encoding",
  "location",
  "date",
  "retry-after",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset-time",
  "x-linkuser-place",
];

export const anyResponse: fc.Arbitrary<RawResponse> = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 404, 408, 429, 500, 503, 511),
    fc.integer({ min: 200, max: 999 }),
  ),
  headers: fc.dictionary(fc.constantFrom(...names), anyValue, { maxKeys: 4 }),
  body: anyBody,
});

const goodSettings: readonly string[] = [
  "https://gears.example.com/tenant",
  "http://proxy.example.com:3128",
  "mac,hwid",
  '["Sales, *","CORP\\\\Engineering"]',
  "HKLM\\SOFTWARE\\OPSWAT\\GEARS Client\\Config\\DeviceID",
  "C:\\ProgramData\\x.json",
  "/var/lib/x",
  "10/1m",
  "90s",
  "2000",
  "true",
];

/** A settings file as JSON would give it: right and wrong names and values. */
export const anySettings: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...settingNames) },
    { weight: 1, arbitrary: fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor")) },
  ),
  fc.oneof(harmed(goodSettings), fc.jsonValue({ maxDepth: 2 })),
  { maxKeys: 3 },
);

/** /etc/environment, or a shell's lines. */
export const anyVariables: fc.Arbitrary<string> = harmed([
  'HTTPS_PROXY="http://user:p%40ss@proxy.example.com:3128/"\nNO_PROXY=.example.com,10.0.0.0/8,[::1]:443\n',
  "export https_proxy=proxy.example.com:8080\r\nno_proxy='*'\r\n",
]);
