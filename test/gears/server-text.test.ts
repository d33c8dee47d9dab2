import fc from "fast-check";
import { expect, test } from "vitest";
import { plainWords, serverText } from "../../agent/gears/server-text.ts";
import { Secret } from "../../agent/secret.ts";

test.each([
  ["as it is", "bad token s3cr3t+tok/en= here", "bad token REDACTED here"],
  ["twice", "s3cr3t+tok/en=s3cr3t+tok/en=", "REDACTED"],
  ["percent-encoded", "?access_token=s3cr3t%2Btok%2Fen%3D&x", "…"],
  ["percent-encoded in lower case", "s3cr3t%2btok%2fen%3d", "REDACTED"],
  ["in Base64", Buffer.from("s3cr3t+tok/en=").toString("base64"), "REDACTED"],
  ["cut off by the server", "URL was /x?access_token=s3cr3t+to", "URL was …"],
  ["with an escape sequence around it", "\u001b[1ms3cr3t+tok/en=", "\\u{1b}[1mREDACTED"],
])("hides a secret that comes back %s", (_, text, shown) => {
  expect(serverText(text, [new Secret("s3cr3t+tok/en=")])).toBe(shown);
});

const long = "Kx7#mQ2-vT9/zL4wR8";
const reversed = (text: string) => [...text].reverse().join("");

test.each([
  ["in Basic, with a client ID in front", Buffer.from(`client-1:${long}`).toString("base64")],
  ["in Basic, with a longer one", Buffer.from(`client-12:${long}`).toString("base64")],
  ["in Basic, with a longer one still", Buffer.from(`client-123:${long}`).toString("base64")],
  ["in hex", Buffer.from(long).toString("hex")],
  [
    "in hex with colons, in upper case",
    Buffer.from(long)
      .toString("hex")
      .toUpperCase()
      .replace(/..(?=.)/g, "$&:"),
  ],
  ["in base64url", Buffer.from(long).toString("base64url")],
  ["reversed", reversed(long)],
  ["reversed in hex", reversed(Buffer.from(long).toString("hex"))],
  ["in pieces", long.replace(/...(?=.)/g, "$& ")],
  ["in pieces with other signs", [...long].join("_")],
  ["in lines", long.replace(/.{6}/g, "$&\n")],
])("hides a secret that comes back %s", (_, echoed) => {
  const shown = serverText(`you sent ${echoed} to me`, [new Secret(long)]);
  expect(shown).toMatch(/^you sent \S*(?:REDACTED|…)\S{0,5} to me$/);
});

test.each([
  ["its end", "2-vT9/zL4wR8"],
  ["its middle", "#mQ2-vT9/zL"],
  ["its end in pieces", "vT9 zL4 wR8"],
  ["the end of its Base64", Buffer.from(long).toString("base64").slice(-12)],
])("hides a part of a secret: %s", (_, echoed) => {
  expect(serverText(`you sent ${echoed} to me`, [new Secret(long)])).toMatch(/^you sent \S{0,3}REDACTED\S{0,5} to me$/);
});

test.each([
  ["No such client: 7f3a9c1e5b8d2f4a6c0e", "No such client: …"],
  ["See https://login.example.com/help?id=77", "See …"],
  ["Bad client secret.", "Bad client secret."],
  ["Support ID: 1234567890", "Support ID: 1234567890"],
])("drops long words: %s", (text, shown) => {
  expect(serverText(`${text}`, [])).toBe(shown);
});

test("only plain words remain", () => {
  const text = 'Invalid client "secret" provided: abc123 x=y for app 77, don\'t use AADSTS7000215.';
  expect(plainWords(text, [])).toBe('Invalid client "secret" provided: … … for app … don\'t use …');
});

test("a text without the secret stays as it is", () => {
  expect(serverText("Device not found", [new Secret("abcdefghij"), new Secret("")])).toBe("Device not found");
});

test("no secret survives anywhere in a text", () => {
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
