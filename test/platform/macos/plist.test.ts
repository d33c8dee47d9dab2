import fc from "fast-check";
import { parse } from "plist";
import { expect, test } from "vitest";
import { type PlistValue, propertyList } from "../../../agent/platform/macos/plist.ts";

const text = fc.string({ unit: "grapheme" }).filter((one) => !/[\p{Cc}\p{Zl}\p{Zp}\ufffd-\uffff]/u.test(one));

/** The reader refuses this one. */
const key = text.filter((one) => one !== "__proto__");

const { value } = fc.letrec<{ value: PlistValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test("another reader finds any written value", () => {
  fc.assert(
    fc.property(value, (written) => {
      expect(parse(propertyList(written))).toEqual(written);
    }),
  );
});

test.each(["a\0b", "\u0007", "line\nend", "\ud800", "\u2028", "\ufffe"])("%j can't be written", (bad) => {
  expect(() => propertyList(bad)).toThrow(RangeError);
  expect(() => propertyList({ [bad]: true })).toThrow("can't hold");
});

test.each([0.5, Number.NaN, 2 ** 60])("%d is no whole number", (bad) => {
  expect(() => propertyList(bad)).toThrow("whole number");
});
