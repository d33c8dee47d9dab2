import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "../../../agent/network/log-on/challenges.ts";

const schemesOf = (...values: readonly string[]) => parseChallenges(values).map(({ scheme }) => scheme);

test.each([
  [["Negotiate"], ["Negotiate"]],
  [
    ["NEGOTIATE", "ntlm"],
    ["Negotiate", "NTLM"],
  ],
  [['Basic realm="a, Negotiate b", charset="UTF-8"'], ["Basic"]],
  [['Negotiate, NTLM, Basic realm = "x y"'], ["Negotiate", "NTLM", "Basic"]],
  [['Digest qop="auth", realm="\\"Basic\\"", nonce=abc'], ["Digest"]],
  [
    ['Basic realm="x, NTLM', "Negotiate"],
    ["Basic", "Negotiate"],
  ],
  [["Bearer", "NegotiateX", "x Negotiate", ""], []],
])("%j offers %j", (values, schemes) => {
  expect(schemesOf(...values)).toEqual(schemes);
});

test("a token comes with its scheme; text that is not Base64 is ignored", () => {
  expect(parseChallenges(["Negotiate YWJj", "NTLM TlRMTQ=="])).toEqual([
    { scheme: "Negotiate", token: Buffer.from("abc") },
    { scheme: "NTLM", token: Buffer.from("NTLM") },
  ]);
  for (const bad of ["abc", "a b", "YWJj=", "====", "YW%j", "A".repeat(100_000)]) {
    expect(parseChallenges([`Negotiate ${bad}`])).toEqual([{ scheme: "Negotiate", token: undefined }]);
  }
});

test("every token is read back unchanged, beside any other offer", () => {
  const token = fc.uint8Array({ minLength: 1, maxLength: 3000 });
  fc.assert(
    fc.property(token, fc.boolean(), (bytes, first) => {
      const negotiate = `Negotiate ${Buffer.from(bytes).toString("base64")}`;
      const values = first ? [negotiate, 'Basic realm="x"'] : ['Basic realm="x"', negotiate];
      const found = parseChallenges(values).find(({ scheme }) => scheme === "Negotiate");
      expect(found?.token).toEqual(Buffer.from(bytes));
    }),
  );
});

test("no text that a proxy sends makes it throw", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (values) => void parseChallenges(values)));
});
