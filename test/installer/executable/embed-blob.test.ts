import { expect, test } from "vitest";
import {
  type ElfSegment,
  type FilePart,
  readSegments,
  writeSegments,
} from "../../../installer/executable/elf/elf-image.ts";
import { startPagesOf, withBlob } from "../../../installer/executable/elf/embed-blob.ts";

const base = 0x400000;
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0";
const interpreter = "/lib64/ld-linux-x86-64.so.2\0";
const interpreterAt = 0x350;

/** Of x64, and of arm64. */
const pageSizes = [4096, 0x10000];

/** A program of two segments: eight pages to read, of which the third to sixth hold zeros, and one to write. */
function program(page: number): { readonly image: Buffer; readonly unused: FilePart } {
  const image = Buffer.alloc(9 * page, 1);
  image.fill(0, 0, page);
  image.write("\x7fELF\x02\x01", "latin1");
  image.writeUInt16LE(2, 16);
  image.writeBigUInt64LE(64n, 32);
  image.write(interpreter, interpreterAt, "latin1");
  image.write(fuse, page + 100, "latin1");
  image.fill(0, 2 * page, 6 * page);
  image.write("behind", 6 * page);
  image.write("written", 8 * page);
  const at = (type: number, offset: number, size: number): ElfSegment => {
    return { type, flags: 4, offset, address: base + offset, fileSize: size, memorySize: size, alignment: page };
  };
  const load = 1;
  writeSegments(image, [
    at(6, 64, 280),
    at(3, interpreterAt, interpreter.length),
    at(load, 0, 8 * page),
    at(load, 8 * page, page),
  ]);
  return { image, unused: { offset: 2 * page - 5, size: 4 * page + 5 } };
}

/** The blob as the program finds it in memory. */
function memoryAt(image: Buffer, address: number, size: number): string {
  const segment = readSegments(image).find(
    (one) => one.type === 1 && one.address <= address && address + size <= one.address + one.fileSize,
  );
  const offset = segment === undefined ? -1 : address - segment.address + segment.offset;
  return image.toString("latin1", offset, offset + size);
}

test.each(pageSizes)(
  "pages of %d bytes: the blob is a note in memory; without the unused pages, all stays at its address",
  (page) => {
    const { image, unused } = program(page);
    // The part to cut out begins within a page in use.
    image.fill(0, unused.offset, 2 * page);
    const blob = Buffer.from("what is embedded");
    const result = withBlob(image, blob, unused);
    expect(result.length).toBeLessThan(image.length - 3 * page);
    expect(memoryAt(result, base + 6 * page, 6)).toBe("behind");
    expect(memoryAt(result, base + 8 * page, 7)).toBe("written");
    expect(memoryAt(result, base + page + 100, fuse.length)).toBe(`${fuse.slice(0, -1)}1`);
    const segments = readSegments(result);
    const [note] = segments.filter(({ type }) => type === 4);
    const noted = memoryAt(result, note?.address ?? 0, note?.fileSize ?? 0);
    expect(startPagesOf(image)).toEqual({ tables: base, tablesSize: 8 * page, note: note?.address });
    expect(noted.slice(12)).toBe(`NODE_SEA_BLOB\0\0\0${blob.toString("latin1")}`);
    const [named] = segments.filter(({ type }) => type === 3);
    expect(result.toString("latin1", named?.offset, (named?.offset ?? 0) + interpreter.length)).toBe(interpreter);
    const addresses = segments.filter(({ type }) => type === 1).map(({ address }) => address);
    expect(addresses).toEqual(addresses.toSorted((a, b) => a - b));
  },
);

test.each(pageSizes)(
  "pages of %d bytes in use are not cut out, and a program without the fuse ends the build",
  (page) => {
    const { image, unused } = program(page);
    image[3 * page] = 1;
    expect(() => withBlob(image, Buffer.from("blob"), unused)).toThrow("in use");
    image.fill(0, page + 100, page + 200);
    expect(() => withBlob(image, Buffer.from("blob"))).toThrow("fuse");
  },
);

test("a program whose first segment may be written to ends the build", () => {
  const { image } = program(4096);
  const segments = readSegments(image);
  writeSegments(
    image,
    segments.map((one) => ({ ...one, flags: 6 })),
  );
  expect(() => startPagesOf(image)).toThrow("not read-only");
});
