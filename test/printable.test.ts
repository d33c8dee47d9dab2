import fc from "fast-check";
import { expect, test } from "vitest";
import { printable } from "../agent/printable.ts";

test.each([
  ["plain text stays", "CORP\\alice, Größe 日本 👩‍💻".replace("\u200d", ""), "CORP\\alice, Größe 日本 👩💻"],
  ["ANSI colours", "\u001b[31mred", "\\u{1b}[31mred"],
  ["new lines, which would forge a log line", 'a\r\n{"level":"info"}', 'a\\u{d}\\u{a}{"level":"info"}'],
  ["C1 control sequence introducer", "\u009b2J", "\\u{9b}2J"],
  ["bidi override", "abc\u202egpj.exe", "abc\\u{202e}gpj.exe"],
  ["bidi isolate", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
  ["zero-width characters", "al\u200bice\ufeff", "al\\u{200b}ice\\u{feff}"],
  ["line separators", "a\u2028b\u2029c\u0085", "a\\u{2028}b\\u{2029}c\\u{85}"],
  ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
  ["tag characters beyond the BMP", "\u{e0041}", "\\u{e0041}"],
])("shows %s", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("cuts what is too long, between code points", () => {
  expect(printable("abcdef", 6)).toBe("abcdef");
  expect(printable("abcdefg", 6)).toBe("abcde…");
  expect(printable("👍👍👍", 2)).toBe("👍…");
});

const forbidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

test("any text becomes one bounded line without control characters", () => {
  const nasty = fc
    .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 50 })
    .map((points) => String.fromCodePoint(...points));
  fc.assert(
    fc.property(nasty, fc.integer({ min: 1, max: 60 }), (text, longest) => {
      const shown = printable(text, longest);
      expect(shown).not.toMatch(forbidden);
      expect(Array.from(shown).length).toBeLessThanOrEqual(longest);
      expect(printable(shown, longest)).toBe(shown);
    }),
  );
});
