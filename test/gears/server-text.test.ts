import fc from "fast-check";
import { expect, test } from "vitest";
import { serverText } from "../../agent/gears/server-text.ts";
import { Secret } from "../../agent/secret.ts";

test.each([
  ["as it is", "bad token s3cr3t+tok/en= here", "bad token REDACTED here"],
  ["twice", "s3cr3t+tok/en=s3cr3t+tok/en=", "REDACTEDREDACTED"],
  ["percent-encoded", "?access_token=s3cr3t%2Btok%2Fen%3D&x", "?access_token=REDACTED&x"],
  ["percent-encoded in lower case", "s3cr3t%2btok%2fen%3d", "REDACTED"],
  ["in Base64", Buffer.from("s3cr3t+tok/en=").toString("base64"), "REDACTED"],
  ["cut off by the server", "URL was /x?access_token=s3cr3t+to", "URL was /x?access_token=REDACTED"],
  ["with an escape sequence around it", "\u001b[1ms3cr3t+tok/en=", "\\u{1b}[1mREDACTED"],
])("hides a secret that comes back %s", (_, text, shown) => {
  expect(serverText(text, [new Secret("s3cr3t+tok/en=")])).toBe(shown);
});

test("a text without the secret stays as it is", () => {
  expect(serverText("Device not found", [new Secret("abcdefghij"), new Secret("")])).toBe("Device not found");
});

test("no secret survives, wherever it stands in a text", () => {
  const secret = fc.stringMatching(/^[!-~]{8,40}$/);
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), fc.boolean(), (value, before, after, encoded) => {
      const echoed = encoded ? encodeURIComponent(value) : value;
      const shown = serverText(`${before}${echoed}${after}`, [new Secret(value)]);
      fc.pre(!"REDACTED".includes(value) && !before.includes(value) && !after.includes(value));
      expect(shown).not.toContain(echoed);
    }),
  );
});
