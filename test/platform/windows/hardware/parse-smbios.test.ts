import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSmbios } from "../../../../agent/platform/windows/hardware/parse-smbios.ts";

const captured = JSON.parse(readFileSync(new URL("../captured-wine-10.json", import.meta.url), "utf8"));
const uuidBytes = "00112233445566778899aabbccddeeff";

/** RawSMBIOSData with a BIOS table (with strings, or none) in front of a system table. */
function raw(version: number, { uuid = uuidBytes, bios = "Maker\0\0" } = {}): Buffer {
  const biosTable = Buffer.concat([Buffer.from([0, 4, 0, 0]), Buffer.from(bios, "latin1")]);
  const system = Buffer.concat([Buffer.from([1, 24, 1, 0, 0, 0, 0, 0]), Buffer.from(uuid, "hex"), Buffer.alloc(2)]);
  const header = Buffer.from([0, version >> 8, version & 0xff, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(biosTable.length + system.length, 4);
  return Buffer.concat([header, biosTable, system]);
}

describe("parseSmbios", () => {
  test("reads what GetSystemFirmwareTable gave (Wine 10)", () => {
    expect(parseSmbios(Buffer.from(captured.smbios, "base64"))).toEqual({
      uuid: "33221100-5544-7766-8899-aabbccddeeff",
    });
  });

  test("turns the first three fields from version 2.6 on", () => {
    expect(parseSmbios(raw(0x0206))?.uuid).toBe("33221100-5544-7766-8899-aabbccddeeff");
    expect(parseSmbios(raw(0x0300))?.uuid).toBe("33221100-5544-7766-8899-aabbccddeeff");
    expect(parseSmbios(raw(0x0205))?.uuid).toBe("00112233-4455-6677-8899-aabbccddeeff");
  });

  test("finds the system table behind one without strings", () => {
    expect(parseSmbios(raw(0x0300, { bios: "\0\0" }))?.uuid).toBe("33221100-5544-7766-8899-aabbccddeeff");
  });

  test("has no UUID where the system table is too short for one, or missing", () => {
    expect(parseSmbios(Buffer.from([0, 3, 0, 0, 10, 0, 0, 0, 1, 8, 1, 0, 0, 0, 0, 0, 0, 0]))).toEqual({
      uuid: undefined,
    });
    expect(parseSmbios(Buffer.from([0, 3, 0, 0, 0, 0, 0, 0]))).toEqual({ uuid: undefined });
  });

  test("refuses data that ends before its length says", () => {
    expect(parseSmbios(raw(0x0300).subarray(0, 20))).toBeUndefined();
    expect(parseSmbios(Buffer.alloc(7))).toBeUndefined();
  });

  test("reads any bytes without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const data = Buffer.concat([Buffer.from([0, 3, 0, 0, bytes.length, 0, 0, 0]), bytes]);
        expect(parseSmbios(data)?.uuid ?? "").toMatch(/^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/);
      }),
    );
  });
});
