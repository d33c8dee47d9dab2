import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNames, foldName } from "../../agent/identity/fold.ts";

test.each([
  ["sales emea", "SALES EMEA"],
  ["vertrieb süd", "VERTRIEB SÜD"],
  ["Su\u0308d", "SÜD"],
  ["отдел продаж", "ОТДЕЛ ПРОДАЖ"],
  ["πωλήσεις", "ΠΩΛΉΣΕΙΣ"],
  ["ǆ", "ǅ"],
  ["\u212Aelvin", "kelvin"],
  ["ᾳ", "ᾼ"],
  ["営業", "営業"],
])("%s and %s are the same name", (a, b) => {
  expect(foldName(a)).toBe(foldName(b));
});

test.each([
  ["Straße", "STRASSE"],
  ["i", "İ"],
  ["ı", "I"],
  ["ıstanbul", "istanbul"],
  ["ſales", "sales"],
  ["ß", "ẞ"],
  ["ﬁnance", "finance"],
  ["süd", "sud"],
  ["ＳＡＬＥＳ", "SALES"],
])("%s and %s are two names", (a, b) => {
  expect(foldName(a)).not.toBe(foldName(b));
});

test("only ASCII letters fold to ASCII", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0x80, max: 0xd7ff }).map((c) => String.fromCharCode(c)) }),
      (name) => {
        const composed = name.normalize("NFC");
        if (!/[\x20-\x7e]/.test(composed)) expect(foldName(name)).not.toMatch(/[\x20-\x7e]/);
      },
    ),
    { numRuns: 2000 },
  );
});

test("folding twice changes nothing, and the order is total", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(foldName(foldName(a))).toBe(foldName(a));
      expect(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a))).toBe(0);
      expect(compareNames(a, b) === 0).toBe(a === b);
    }),
    { numRuns: 2000 },
  );
});
