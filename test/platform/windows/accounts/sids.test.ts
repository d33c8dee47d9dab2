import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSid, isServiceSid, parseSid, sidKind } from "../../../../agent/platform/windows/accounts/sids.ts";

const subAuthorities = fc.array(fc.nat(0xffff_ffff), { maxLength: 15 });

describe("parseSid", () => {
  test("reads the form of [MS-DTYP] 2.4.2.2", () => {
    expect(parseSid(Buffer.from("01020000000000052000000020020000", "hex"))).toBe("S-1-5-32-544");
    expect(parseSid(Buffer.from("ff01010000000000010000000000", "hex"), 1)).toBe("S-1-1-0");
  });

  test("reads back what encodeSid writes", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), subAuthorities, (authority, parts) => {
        const sid = ["S-1", authority, ...parts].join("-");
        expect(parseSid(encodeSid(sid))).toBe(sid);
      }),
    );
  });

  test("never reads outside the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: -4, max: 90 }), (bytes, offset) => {
        const sid = parseSid(bytes, offset);
        if (sid !== undefined) expect(encodeSid(sid).length).toBeLessThanOrEqual(bytes.length - offset);
      }),
    );
  });
});

describe("sidKind", () => {
  const authorities = { machine: "S-1-5-21-1-2-3", domain: "S-1-5-21-7-8-9" };

  test.each([
    ["S-1-5-21-1-2-3-1001", "local"],
    ["S-1-5-21-7-8-9-513", "domain"],
    ["S-1-5-21-4-5-6-1104", "domain"],
    ["S-1-12-1-1-2-3-4", "entra"],
    ["S-1-5-32-544", "well-known"],
    ["S-1-1-0", "well-known"],
    ["S-1-5-21-0-0-0-497", "well-known"],
  ])("%s is %s", (sid, kind) => {
    expect(sidKind(sid, authorities)).toBe(kind);
  });

  test("takes the accounts of a domain controller for the domain's", () => {
    expect(sidKind("S-1-5-21-7-8-9-500", { machine: "S-1-5-21-7-8-9", domain: "S-1-5-21-7-8-9" })).toBe("domain");
  });

  test("counts nothing as local if the machine's own SID is unknown", () => {
    expect(sidKind("S-1-5-21-1-2-3-1001", { machine: undefined, domain: undefined })).toBe("domain");
  });
});

test("accounts that belong to no machine, no domain and not to Entra ID are service accounts", () => {
  expect(["S-1-5-18", "S-1-5-20", "S-1-5-90-0-1", "S-1-5-96-0-2", "S-1-5-80-1"].every(isServiceSid)).toBe(true);
  expect(["S-1-5-21-1-2-3-1001", "S-1-12-1-1-2-3-4"].some(isServiceSid)).toBe(false);
});
