import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRegistryList, decodeRegistryValue } from "../../../agent/platform/windows/registry-values.ts";

const value = (type: number, data: Buffer, name = "Name") => ({ name, type, data });
const wide = (text: string) => Buffer.from(text, "utf16le");

describe("decodeRegistryValue", () => {
  test("reads text with and without its final zero", () => {
    expect(decodeRegistryValue(value(1, wide("Größe\0")))).toBe("Größe");
    expect(decodeRegistryValue(value(1, wide("alice")))).toBe("alice");
    expect(decodeRegistryValue(value(2, wide("%ProgramData%\0rest\0")))).toBe("%ProgramData%");
    expect(decodeRegistryValue(value(1, Buffer.alloc(0)))).toBe("");
  });

  test("reads numbers", () => {
    expect(decodeRegistryValue(value(4, Buffer.from([0xd0, 7, 0, 0])))).toBe(2000);
    expect(decodeRegistryValue(value(11, Buffer.from([0xd0, 7, 0, 0, 0, 0, 0, 0])))).toBe(2000);
  });

  test("reads lists, to their end", () => {
    expect(decodeRegistryValue(value(7, wide("mac\0hwid\0\0")))).toEqual(["mac", "hwid"]);
    expect(decodeRegistryValue(value(7, wide("mac\0hwid")))).toEqual(["mac", "hwid"]);
    expect(decodeRegistryValue(value(7, wide("\0")))).toEqual([]);
  });

  test("names an unusable type, and a value that does not fit its type", () => {
    expect(decodeRegistryValue(value(3, Buffer.from([1, 2])))).toEqual({ registryType: "REG_BINARY" });
    expect(decodeRegistryValue(value(4, Buffer.from([1, 2])))).toEqual({ registryType: "REG_DWORD" });
    expect(decodeRegistryValue(value(1, Buffer.from([65])))).toEqual({ registryType: "REG_SZ" });
    expect(decodeRegistryValue(value(11, Buffer.alloc(8, 0xff)))).toEqual({ registryType: "REG_QWORD" });
    expect(decodeRegistryValue(value(99, Buffer.alloc(0)))).toEqual({ registryType: "type 99" });
  });

  test("reads any bytes of any type without an error", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.uint8Array({ maxLength: 40 }), (type, data) => {
        const decoded = decodeRegistryValue(value(type, Buffer.from(data)));
        expect(["string", "number", "object"]).toContain(typeof decoded);
        expect(JSON.stringify(decoded)).toBeTypeOf("string");
      }),
    );
  });
});

test("orders a list box's values by number, the named ones behind by name", () => {
  const items = ["10", "2", "b", "a", "1"].map((name) => value(1, wide(`item ${name}\0`), name));
  expect(decodeRegistryList(items)).toEqual(["item 1", "item 2", "item 10", "item a", "item b"]);
});
