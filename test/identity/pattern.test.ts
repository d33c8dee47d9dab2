import fc from "fast-check";
import { expect, test } from "vitest";
import { firstMatch, matchesPattern } from "../../agent/identity/pattern.ts";

test.each([
  ["Sales*", "sales EMEA"],
  ["CORP\\*", "corp\\alice"],
  ["*@*.example.com", "alice@corp.example.com"],
  ["?lice", "älice"],
  ["VERTRIEB SÜD", "Vertrieb Su\u0308d"],
  ["DWM-*", "DWM-3"],
  ["*", ""],
])("%s matches %s", (pattern, name) => {
  expect(matchesPattern(pattern, name)).toBe(true);
});

test.each([
  ["Sales", "Sales EMEA"],
  ["?", ""],
  ["STRASSE", "Straße"],
  ["[ab]", "a"],
  ["a.c", "abc"],
  ["*x", "abc"],
])("%s does not match %s", (pattern, name) => {
  expect(matchesPattern(pattern, name)).toBe(false);
});

test("folding does not depend on the locale", () => {
  expect(matchesPattern("I", "i")).toBe(true);
  expect(matchesPattern("İ", "i")).toBe(false);
});

test("a name matches itself, also with any part replaced by a star", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replace(/[*?]/g, ""));
  fc.assert(
    fc.property(name, name, name, (before, part, after) => {
      expect(matchesPattern(before + part + after, before + part + after)).toBe(true);
      expect(matchesPattern(`${before}*${after}`, before + part + after)).toBe(true);
    }),
  );
});

test("agrees with an equivalent regular expression", () => {
  const text = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 }).map((parts) => parts.join(""));
  const plain = fc.array(fc.constantFrom("a", "b"), { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, plain, (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(matchesPattern(pattern, name)).toBe(expression.test(name));
    }),
    { numRuns: 1000 },
  );
});

test("the first pattern of the list decides", () => {
  expect(firstMatch(["x*", "a*", "alice"], ["alice", "CORP\\alice"])).toBe("a*");
  expect(firstMatch([], ["alice"])).toBeUndefined();
});
