import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonObject } from "../../agent/settings/json-object.ts";

const valueIn = (text: string): unknown => {
  const parsed = parseJsonObject(text);
  return "value" in parsed ? parsed.value : undefined;
};

test("output of JSON.stringify is read as by JSON.parse", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 4 })), (object) => {
      for (const space of [0, 2]) {
        const text = JSON.stringify(object, undefined, space);
        expect(valueIn(text)).toEqual(JSON.parse(text));
      }
    }),
  );
});

/** Short texts of JSON's own characters: most are wrong, some are right. */
const almostJson = fc
  .array(fc.constantFrom("{", "}", "[", "]", ",", ":", '"a"', '"b"', '"', "\\", "1", "-", "0", ".5", "e9", "true", " "))
  .map((parts) => `{${parts.join("")}}`);

test("accepts the same texts as JSON.parse, except those with a repeated name", () => {
  fc.assert(
    fc.property(almostJson, (text) => {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        expect(parseJsonObject(text)).toHaveProperty("fault");
        return;
      }
      const parsed = parseJsonObject(text);
      if ("fault" in parsed) expect(parsed.fault).toMatch(/ twice /);
      else expect(parsed.value).toEqual(value);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["", "is empty"],
  [" \n", "is empty"],
  ["[1]", "is not a JSON object"],
  ["null", "is not a JSON object"],
  ['{\n  "a": 1,\n}', "is not valid JSON (line 3, column 1)"],
  ['{"a": 1', "is not valid JSON (line 1, column 8): it ends too early"],
  ['{"a": 1} x', "is not valid JSON (line 1, column 10)"],
  ['{\n  // why\n  "a": 1}', "has a comment, which JSON does not allow (line 2, column 3)"],
  ['{"a": /* 1 */ 2}', "has a comment, which JSON does not allow (line 1, column 7)"],
  ['# x\n{"a": 2}', "has a comment, which JSON does not allow (line 1, column 1)"],
  ['{"a": 1,\n "a": 1}', "has a twice (line 2, column 2)"],
  ['{"a": 1, "\\u0061": 2}', "has a twice (line 1, column 10)"],
  ['{"x": {"b": 1, "b": 2}}', "has b twice (line 1, column 16)"],
  [`{"a": ${"[".repeat(100_000)}`, "is nested deeper than 32 levels"],
])("%j: %s", (text, fault) => {
  expect(parseJsonObject(text)).toEqual({ fault });
});

test("a name that may be a secret in the wrong place is not quoted", () => {
  expect(parseJsonObject('{"s3cr3t": 1, "s3cr3t": 2}', () => false)).toEqual({
    fault: "has a name twice (line 1, column 15)",
  });
});

test("a megabyte is read", () => {
  const text = JSON.stringify({ a: "é".repeat(2 ** 20), list: Array.from({ length: 50_000 }, (_, index) => index) });
  expect(valueIn(text)).toEqual(JSON.parse(text));
});
