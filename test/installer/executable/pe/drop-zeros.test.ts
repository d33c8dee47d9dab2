import { NtExecutable } from "resedit";
import { expect, test } from "vitest";
import { dropZeros } from "../../../../installer/executable/pe/drop-zeros.ts";

const page = 0x1000;
const fileOffset = 0x200;

/** An executable with two sections at 0x1000 and 0x9000, which have zeros in their third to sixth pages. */
function image(): Buffer {
  const executable = NtExecutable.createEmpty();
  const size = 7.5 * page;
  for (const entry of [2, 5] as const) {
    const data = Buffer.alloc(size, entry).fill(0, 2 * page, 6 * page);
    const info = { name: `.${entry}`, virtualSize: size, sizeOfRawData: size, characteristics: 0x40000040 };
    const unused = { pointerToRelocations: 0, pointerToLineNumbers: 0, numberOfRelocations: 0, numberOfLineNumbers: 0 };
    const section = { ...info, ...unused, virtualAddress: 0, pointerToRawData: 0 };
    executable.setSectionByEntry(entry, { info: section, data: new Uint8Array(data).buffer });
  }
  return Buffer.from(executable.generate());
}

/** What Windows puts at the addresses of the executable's sections. */
function memoryOf(bytes: Buffer): Buffer {
  const memory = Buffer.alloc(0x11000);
  for (const { info, data } of NtExecutable.from(bytes).getAllSections()) {
    const size = Math.min(info.sizeOfRawData, info.virtualSize);
    memory.set(bytes.subarray(info.pointerToRawData, info.pointerToRawData + size), info.virtualAddress);
    expect(data?.byteLength).toBe(info.sizeOfRawData);
  }
  return memory;
}

test("whole pages of zeros leave the file, and memory stays as it was", () => {
  const before = image();
  const after = dropZeros(before, { offset: fileOffset + 2 * page - 5, size: 4 * page + 5 + 100 });
  expect(before.length - after.length).toBe(4 * page);
  expect(memoryOf(after)).toEqual(memoryOf(before));
  const sections = NtExecutable.from(after).getAllSections();
  expect(sections.map(({ info }) => [info.virtualAddress, info.virtualSize])).toEqual([
    [page, 6 * page],
    [7 * page, 1.5 * page],
    [9 * page, 7.5 * page],
  ]);
});

test("bytes that are in use, or in no section, are refused", () => {
  expect(() => dropZeros(image(), { offset: fileOffset + page, size: 4 * page })).toThrow("in use");
  expect(() => dropZeros(image(), { offset: 0, size: 4 * page })).toThrow("no section");
});
