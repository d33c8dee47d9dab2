import { expect, test } from "vitest";
import { selectItems } from "../../../installer/executable/icu-data.ts";

const headerSize = 32;

/** ICU's common data with these items: header, table of contents, names, contents. */
function icuData(items: Readonly<Record<string, string>>): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt16LE(headerSize, 0);
  header.writeUInt16LE(0x27da, 2);
  header.write("CmnD", 12);
  const entries = Object.entries(items);
  const namesAt = 4 + 8 * entries.length;
  const names = entries.map(([name]) => `icudt78l/${name}\0`);
  const contentsAt = namesAt + names.join("").length;
  const table = Buffer.alloc(contentsAt);
  table.writeUInt32LE(entries.length, 0);
  table.write(names.join(""), namesAt);
  for (const index of entries.keys()) {
    table.writeUInt32LE(namesAt + names.slice(0, index).join("").length, 4 + 8 * index);
    const before = entries.slice(0, index).map(([, content]) => content);
    table.writeUInt32LE(contentsAt + before.join("").length, 8 + 8 * index);
  }
  return Buffer.concat([header, table, ...entries.map(([, content]) => Buffer.from(content))]);
}

/** ICU's data by name. */
function contentsOf(data: Buffer): Readonly<Record<string, string>> {
  const body = data.subarray(data.readUInt16LE(0));
  const count = body.readUInt32LE(0);
  const offsets = Array.from({ length: count }, (_, index) => body.readUInt32LE(8 + 8 * index));
  return Object.fromEntries(
    offsets.map((offset, index) => {
      const nameAt = body.readUInt32LE(4 + 8 * index);
      return [
        body.toString("latin1", nameAt, body.indexOf(0, nameAt)),
        body.toString("latin1", offset, offsets[index + 1]),
      ];
    }),
  );
}

const data = icuData({ "af.res": "Afrikaans", "en.res": "English", "root.res": "root", "zu.res": "isiZulu" });

test("ICU's data keeps only the chosen items, each whole, also the last one", () => {
  const smaller = selectItems(data, new Set(["en.res", "zu.res"]));
  expect(contentsOf(smaller)).toEqual({ "icudt78l/en.res": "English", "icudt78l/zu.res": "isiZulu" });
  expect(smaller.subarray(0, headerSize)).toEqual(data.subarray(0, headerSize));
});

test("ICU's data that lacks an item to keep, or has another form, ends the build", () => {
  expect(() => selectItems(data, new Set(["en.res", "xx.res"]))).toThrow("1 of the 2 items");
  expect(() => selectItems(Buffer.alloc(64), new Set())).toThrow("form");
});
