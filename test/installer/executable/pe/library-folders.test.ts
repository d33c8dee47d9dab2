import { expect, test } from "vitest";
import { loadFlagsAt } from "../../../../installer/executable/pe/library-folders.ts";

/** An executable with one section, at 0x1000 in memory and 0x400 in the file, that begins with the load configuration. */
function image({ configSize = 0x140, magic = 0x20b, address = 0x1000 } = {}): Buffer {
  const bytes = Buffer.alloc(0x800);
  const header = 0x80;
  bytes.writeUInt32LE(header, 0x3c);
  bytes.write("PE\0\0", header);
  bytes.writeUInt16LE(1, header + 6);
  bytes.writeUInt16LE(240, header + 20);
  bytes.writeUInt16LE(magic, header + 24);
  bytes.writeUInt32LE(address, header + 24 + 112 + 80);
  const section = header + 24 + 240;
  bytes.writeUInt32LE(0x200, section + 8);
  bytes.writeUInt32LE(0x1000, section + 12);
  bytes.writeUInt32LE(0x400, section + 20);
  bytes.writeUInt32LE(configSize, 0x400);
  return bytes;
}

test("DependentLoadFlags are at 78 of the load configuration", () => {
  expect(loadFlagsAt(image())).toBe(0x400 + 78);
  expect(loadFlagsAt(image({ address: 0x1010 }).fill(0x50, 0x410, 0x411))).toBe(0x410 + 78);
});

test.each([
  ["32 bits", image({ magic: 0x10b })],
  ["no load configuration", image({ address: 0 })],
  ["an old one", image({ configSize: 72 })],
  ["no executable", Buffer.alloc(0x800)],
])("an executable is refused: %s", (_what, bytes) => {
  expect(() => loadFlagsAt(bytes)).toThrow();
});
