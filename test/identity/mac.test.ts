import fc from "fast-check";
import { expect, test } from "vitest";
import { isLocallyAdministered, isMulticast, isVoid, macFromOctets, parseMac } from "../../agent/identity/mac.ts";
import { mac } from "../fakes/accounts.ts";

test.each(["00:0C:29:F2:7A:29", "00-0c-29-f2-7a-29", "000c.29f2.7a29", "000c29f27a29"])("reads %s", (text) => {
  expect(parseMac(text)).toBe("00:0c:29:f2:7a:29");
});

test.each(["", "00:0c:29:f2:7a", "00:0c-29:f2-7a:29", "00:0c:29:f2:7a:2g", "00:0c:29:f2:7a:29:00", " 000c29f27a29"])(
  "refuses %j",
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);

test("any six octets give the address that they spell, unless all are zeros or ones", () => {
  expect([0, 0xff].map((octet) => macFromOctets(Buffer.alloc(6, octet)))).toEqual([undefined, undefined]);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
      fc.pre(new Set(octets).size > 1);
      const parsed = macFromOctets(octets);
      expect(parsed?.split(":").map((pair) => Number.parseInt(pair, 16))).toEqual([...octets]);
    }),
  );
});

test("any other text is refused or read as the same twelve digits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
      const digits = parseMac(text)?.replaceAll(":", "");
      expect(digits ?? text.replace(/[:.-]/g, "").toLowerCase()).toBe(text.replace(/[:.-]/g, "").toLowerCase());
    }),
  );
});

test("recognises addresses that no maker assigned", () => {
  expect(isVoid(mac("00:00:00:00:00:00"))).toBe(true);
  expect(isVoid(mac("ff:ff:ff:ff:ff:ff"))).toBe(true);
  expect(isVoid(mac("00:0c:29:f2:7a:29"))).toBe(false);
  expect(isMulticast(mac("01:00:5e:00:00:01"))).toBe(true);
  expect(isMulticast(mac("00:0c:29:f2:7a:29"))).toBe(false);
  expect(isLocallyAdministered(mac("02:42:ac:11:00:02"))).toBe(true);
  expect(isLocallyAdministered(mac("00:0c:29:f2:7a:29"))).toBe(false);
});
