import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHexId, parseUuid } from "../../agent/identity/device-id.ts";

test.each(["4C4C4544-0042-3510-8052-B4C04F4E3732", "{4c4c4544-0042-3510-8052-b4c04f4e3732}\r\n"])(
  "reads %j",
  (text) => {
    expect(parseUuid(text)).toEqual({ kind: "valid", id: "4c4c4544-0042-3510-8052-b4c04f4e3732" });
  },
);

test.each([
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "03000200-0400-0500-0006-000700080009",
  "11111111-1111-1111-1111-111111111111",
])("takes %s for a placeholder", (text) => {
  expect(parseUuid(text)).toMatchObject({ kind: "placeholder" });
});

test.each(["", "To be filled by O.E.M.", "4c4c4544-0042-3510-8052", "4c4c4544004235108052b4c04f4e3732"])(
  "refuses %j as a UUID",
  (text) => {
    expect(parseUuid(text)).toEqual({ kind: "malformed" });
  },
);

test("reads the vendor's example of a device ID, whatever its case", () => {
  expect(parseHexId("1DC0AAAA292CE801F5379042D68BB6CB\n")).toEqual({
    kind: "valid",
    id: "1dc0aaaa292ce801f5379042d68bb6cb",
  });
  expect(parseHexId("0".repeat(32))).toMatchObject({ kind: "placeholder" });
  expect(parseHexId("1dc0aaaa")).toEqual({ kind: "malformed" });
});

test("a UUID that is no placeholder is read as itself in lower case", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.boolean(), (uuid, upper) => {
      expect(parseUuid(upper ? uuid.toUpperCase() : uuid)).toEqual({ kind: "valid", id: uuid });
    }),
  );
});

test("no text makes the parsers throw or give anything but hex digits", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      for (const parsed of [parseUuid(text), parseHexId(text)]) {
        if (parsed.kind === "valid") expect(parsed.id).toMatch(/^[0-9a-f-]{32,36}$/);
      }
    }),
  );
});
