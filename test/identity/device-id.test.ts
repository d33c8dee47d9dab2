import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHexId, parseUuid, parseVendorId } from "../../agent/identity/device-id.ts";

test.each(["4C4C4544-0042-3510-8052-B4C04F4E3732", "{4c4c4544-0042-3510-8052-b4c04f4e3732}\r\n"])(
  "reads %j",
  (text) => {
    expect(parseUuid(text)).toEqual({ kind: "valid", id: "4c4c4544-0042-3510-8052-b4c04f4e3732" });
  },
);

/** From the lists of FreeBSD, osquery and GLPI and from reports of dmidecode; the others look similar. */
const shared = [
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "00000000-0000-0000-0000-000000000001",
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
  "02000100-0300-0400-0005-000600070008",
  "11111111-1111-1111-1111-111111111111",
  "11111111-2222-3333-4444-555555555555",
  "01010101-0101-0101-0101-010101010101",
  "58585858-5858-5858-5858-585858585858",
  "fefefefe-fefe-fefe-fefe-fefefefefefe",
  "0b000000-0000-0000-0000-000b0b0b0b0b",
  "44454c4c-0000-1020-8020-80c04f202020",
  "4c4c4544-0000-2010-8020-80c04f202020",
  "12345678-1234-5678-90ab-cddeefaabbcc",
  "78563412-3412-7856-90ab-cddeefaabbcc",
  "12345678-1234-5678-9012-123456789012",
  "12345678-1234-1234-1234-123456789abc",
  "01234567-89ab-cdef-0123-456789abcdef",
  "03020100-0504-0706-0809-0a0b0c0d0e0f",
  "00010203-0405-0607-0809-0a0b0c0d0e0f",
  "0f0e0d0c-0b0a-0908-0706-050403020100",
  "50fb9712-ffff-ffff-ffff-ffffffffffff",
  "56f49712-ffff-ffff-ffff-ffffffffffff",
  "30373237-3132-2020-2020-202020202020",
  "10000000-0000-8000-0040-000000000000",
  "07090201-0103-0301-0807-060504030201",
  "6AB5B300-538D-1014-9FB5-B0684D007B53",
  "890e2d14-cacd-45d1-ae66-bc80e8bfeb0f",
  "8e275844-178f-44a8-aceb-a7d7e5178c63",
  "dc698397-fa54-4cf2-82c8-b1b5307a6a7f",
  "8a95d198-7f46-11e5-bf8b-08002704d48e",
  "00112233-4455-6677-8899-aabbccddeeff",
  "aabbccdd-eeff-0011-2233-445566778899",
  "fedcba98-7654-3210-fedc-ba9876543210",
  "01234567-8910-1112-1314-151617181920",
  "12345678-1234-5678-1234-567812345678",
  "deadbeef-dead-beef-dead-beefdeadbeef",
  "4c4c4544-0020-2010-8020-a0c04f202020",
  "4c4c4544-0000-0010-8000-80c04f000000",
  "546f2062-6520-6669-6c6c-656420627920",
  "31323334-3536-3738-3930-313233343536",
];

test.each(shared)("takes %s for a placeholder, in either byte order", (text) => {
  expect(parseUuid(text)).toMatchObject({ kind: "placeholder" });
  const [first = "", second = "", third = "", ...rest] = text.split("-");
  const turned = [first, second, third].map((field) => Buffer.from(field, "hex").reverse().toString("hex"));
  expect(parseUuid([...turned, ...rest].join("-"))).toMatchObject({ kind: "placeholder" });
});

// Found on single machines: a MAC address inside, almost a placeholder, service tags, text (HP), a random one (RFC 9562).
test.each([
  "00000000-0000-0000-0000-00241d9fb9a7",
  "00020003-0004-0005-0006-0001730237a0",
  "44454c4c-0082-1050-804a-80c04f393736",
  "4c4c4544-004a-3510-8043-cac04f563533",
  "33313250-3939-5a43-3231-333030435635",
  "564d0a62-c3bb-1a15-64b8-6ed2a4a1d0a1",
  "03d502e0-045e-05d5-3506-2d0700080009",
  "4c4c4544-0020-2010-8020-a0c04f202031",
])("takes %s for a machine's own", (text) => {
  expect(parseUuid(text)).toEqual({ kind: "valid", id: text });
});

test.each(["", "To be filled by O.E.M.", "4c4c4544-0042-3510-8052", "4c4c4544004235108052b4c04f4e3732"])(
  "refuses %j as a UUID",
  (text) => {
    expect(parseUuid(text)).toEqual({ kind: "malformed" });
  },
);

test.each(["1dc0aaaa292ce801f5379042d68bb6cb", "1DC0AAAA292CE801F5379042D68BB6CB", "A1B2C3D4E5F6G7H8"])(
  "takes the vendor's device ID %s as it is",
  (id) => {
    expect(parseVendorId(`${id}\n`)).toEqual({ kind: "valid", id });
  },
);

test.each([
  "",
  "short",
  "undefined",
  "NOT-FOUND",
  "has blanks in it",
  "x".repeat(65),
  "1dc0aaaa292ce801_5379042d68bb6cb",
])("refuses %j as a device ID", (text) => {
  expect(parseVendorId(text)).toEqual({ kind: "malformed" });
});

test.each(["0".repeat(32), "FFFFFFFFFFFFFFFF", "03000200040005000006000700080009"])(
  "takes the device ID %s for a placeholder",
  (text) => {
    expect(parseVendorId(text)).toMatchObject({ kind: "placeholder" });
  },
);

test("reads a machine ID in any case", () => {
  expect(parseHexId("1DC0AAAA292CE801F5379042D68BB6CB\n")).toEqual({
    kind: "valid",
    id: "1dc0aaaa292ce801f5379042d68bb6cb",
  });
  expect(parseHexId("0".repeat(32))).toMatchObject({ kind: "placeholder" });
  expect(parseHexId("b08dfa6083e7567a1921a715000001fb\n")).toMatchObject({ kind: "placeholder" });
  expect(parseHexId("1dc0aaaa")).toEqual({ kind: "malformed" });
});

test("a UUID that is no placeholder is read as itself in lower case", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.boolean(), (uuid, upper) => {
      expect(parseUuid(upper ? uuid.toUpperCase() : uuid)).toEqual({ kind: "valid", id: uuid });
    }),
  );
});

test("no text makes the parsers throw or give anything but an identifier", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      for (const parsed of [parseUuid(text), parseHexId(text), parseVendorId(text)]) {
        if (parsed.kind === "valid") expect(parsed.id).toMatch(/^[A-Za-z0-9-]{8,64}$/);
      }
    }),
  );
});
