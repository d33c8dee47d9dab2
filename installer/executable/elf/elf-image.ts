/** The little of ELF (64 bit, little endian; elf(5)) that is needed to change a linked program. */

/** Entry of the table of program headers. Addresses and sizes are below 2^53. */
export interface ElfSegment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
  alignment: number;
}

export const segmentTypes = { load: 1, interpreter: 3, note: 4, headers: 6 } as const;
export const segmentEntrySize = 56;
export const fileHeaderSize = 64;

const sectionEntrySize = 64;
const symbolEntrySize = 24;
const symbolTable = 2;

/** @throws Error where it is no program for a fixed address with its table of segments behind the file header */
export function readSegments(image: Buffer): ElfSegment[] {
  const magic = image.toString("latin1", 0, 6);
  if (magic !== "\x7fELF\x02\x01" || image.readUInt16LE(16) !== 2 || readNumber(image, 32) !== fileHeaderSize) {
    throw new Error("Node's binary is not an ELF program of the expected form");
  }
  return Array.from({ length: image.readUInt16LE(56) }, (_, index) => {
    const at = fileHeaderSize + index * segmentEntrySize;
    return {
      type: image.readUInt32LE(at),
      flags: image.readUInt32LE(at + 4),
      offset: readNumber(image, at + 8),
      address: readNumber(image, at + 16),
      fileSize: readNumber(image, at + 32),
      memorySize: readNumber(image, at + 40),
      alignment: readNumber(image, at + 48),
    };
  });
}

export function writeSegments(image: Buffer, segments: readonly ElfSegment[]): void {
  image.writeUInt16LE(segments.length, 56);
  for (const [index, one] of segments.entries()) {
    const at = fileHeaderSize + index * segmentEntrySize;
    image.writeUInt32LE(one.type, at);
    image.writeUInt32LE(one.flags, at + 4);
    const fields = [one.offset, one.address, one.address, one.fileSize, one.memorySize, one.alignment];
    for (const [field, value] of fields.entries()) image.writeBigUInt64LE(BigInt(value), at + 8 + field * 8);
  }
}

/** The file offset of the bytes that are loaded at an address. @throws Error where nothing is */
export function fileOffsetOf(segments: readonly ElfSegment[], address: number): number {
  const found = segments.find(
    (one) => one.type === segmentTypes.load && one.address <= address && address < one.address + one.fileSize,
  );
  if (found === undefined) throw new Error(`Node's binary loads nothing at 0x${address.toString(16)}`);
  return address - found.address + found.offset;
}

/** Part of a file. */
export interface FilePart {
  readonly offset: number;
  readonly size: number;
}

/**
 * Where a symbol's data is in the file; only before the binary is stripped.
 * @throws Error where not exactly one symbol has the name
 */
export function placeOfSymbol(image: Buffer, name: RegExp): FilePart {
  const sections = Array.from({ length: image.readUInt16LE(60) }, (_, index) => {
    const at = readNumber(image, 40) + index * sectionEntrySize;
    const [type, link] = [image.readUInt32LE(at + 4), image.readUInt32LE(at + 40)];
    return { type, link, offset: readNumber(image, at + 24), size: readNumber(image, at + 32) };
  });
  const symbols = sections.find(({ type }) => type === symbolTable);
  const names = symbols && sections[symbols.link];
  if (symbols === undefined || names === undefined) throw new Error("Node's binary has no table of symbols");
  const found: FilePart[] = [];
  const segments = readSegments(image);
  const text = image.toString("latin1", names.offset, names.offset + names.size);
  for (const { index } of text.matchAll(new RegExp(`(?<=\0)${name.source}\0`, "g"))) {
    for (let at = symbols.offset; at < symbols.offset + symbols.size; at += symbolEntrySize) {
      if (image.readUInt32LE(at) !== index) continue;
      found.push({ offset: fileOffsetOf(segments, readNumber(image, at + 8)), size: readNumber(image, at + 16) });
    }
  }
  const [place, ...more] = found;
  if (place === undefined || more.length > 0) {
    throw new Error(`Node's binary has ${found.length} symbols ${name.source}, and this build expects one`);
  }
  return place;
}

export function readNumber(image: Buffer, at: number): number {
  return Number(image.readBigUInt64LE(at));
}
