import fc from "fast-check";
import { expect, test } from "vitest";
import { groupStyleOf, splitName, styleOf } from "../../../../agent/platform/linux/accounts/directory-name.ts";

test.each([
  ["CORP\\alice", ["sss"], "down-level"],
  ["alice@ad.corp.test", ["sss"], "at"],
  ["alice", ["sss"], "at"],
  ["alice", ["winbind"], "down-level"],
  ["alice", ["sss", "winbind"], "at"],
] as const)("the name %s from %j is in the style %s", (name, sources, style) => {
  expect(styleOf(name, sources)).toBe(style);
});

test.each([
  ["alice@ad.corp.test", "ad.corp.test", ["sss"], "at"],
  ["alice", undefined, ["sss"], "bare"],
  ["alice", undefined, ["winbind"], "down-level"],
  ["CORP\\alice", "CORP", ["winbind"], "down-level"],
] as const)("the groups of %s of %s from %j are in the style %s", (name, domain, sources, style) => {
  expect(groupStyleOf(name, domain, sources)).toBe(style);
});

test.each([
  ["at@other.example", "bare", "at@other.example", undefined],
  ["CORP\\Sales EMEA", "down-level", "Sales EMEA", "CORP"],
  ["CORP\\at@other.example", "down-level", "at@other.example", "CORP"],
  ["CORP\\back\\slash", "down-level", "back\\slash", "CORP"],
  ["sales emea@ad.corp.test", "at", "sales emea", "ad.corp.test"],
  ["at@other.example@ad.corp.test", "at", "at@other.example", "ad.corp.test"],
  ["back\\slash@ad.corp.test", "at", "back\\slash", "ad.corp.test"],
  ["at@sign", "at", "at@sign", undefined],
  ["@ad.corp.test", "at", "@ad.corp.test", undefined],
  ["\\alice", "down-level", "\\alice", undefined],
  ["CORP\\", "down-level", "CORP\\", undefined],
] as const)("%s in the style %s is %s of %s", (name, style, bare, domain) => {
  expect(splitName(name, style)).toEqual({ bare, domain });
});

test("a name with its domain is split where it was joined", () => {
  const bare = fc.string({ minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(bare, fc.stringMatching(/^[A-Z][A-Z0-9-]{0,14}$/), (name, domain) => {
      expect(splitName(`${domain}\\${name}`, "down-level")).toEqual({ bare: name, domain });
    }),
  );
  fc.assert(
    fc.property(bare, fc.stringMatching(/^[a-z]{1,9}(\.[a-z]{2,9}){1,3}$/), (name, domain) => {
      expect(splitName(`${name}@${domain}`, "at")).toEqual({ bare: name, domain });
    }),
  );
});

test("nothing of a name is lost", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.constantFrom("down-level" as const, "at" as const), (name, style) => {
      const { bare, domain } = splitName(name, style);
      expect(bare).not.toBe("");
      const joined = style === "at" ? `${bare}@${domain}` : `${domain}\\${bare}`;
      expect(domain === undefined ? bare : joined).toBe(name);
    }),
  );
});
