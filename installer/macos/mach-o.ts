/** mach-o/loader.h */
const MH_MAGIC_64 = 0xfeedfacf;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const headerSize = 32;
const countAt = 16;
const sizeOfCommandsAt = 20;
/** struct linkedit_data_command: cmd, cmdsize, dataoff, datasize. */
const signatureCommandSize = 16;

/** A part of the file that is mapped into memory; numbers in bytes. */
export interface Segment {
  readonly name: string;
  /** The offset of its load command in the file. */
  readonly commandAt: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

/** The parts of a Mach-O executable that concern its signature. */
export interface MachO {
  readonly segments: readonly Segment[];
  /** The end of the load commands, and the start of the described content. */
  readonly commandsEnd: number;
  readonly contentBegin: number;
  readonly signature: { readonly offset: number; readonly size: number } | undefined;
}

/** @throws Error for anything but an executable of one 64-bit processor */
export function parseMachO(image: Buffer): MachO {
  if (image.readUInt32LE(0) !== MH_MAGIC_64) throw new Error("not a Mach-O executable of one 64-bit processor");
  const segments: Segment[] = [];
  let signature: MachO["signature"];
  let contentBegin = image.length;
  let at = headerSize;
  for (let left = image.readUInt32LE(countAt); left > 0; left--) {
    const command = image.readUInt32LE(at);
    if (command === LC_SEGMENT_64) {
      segments.push(segmentAt(image, at));
      contentBegin = Math.min(contentBegin, ...sectionOffsets(image, at));
    }
    if (command === LC_CODE_SIGNATURE) {
      signature = { offset: image.readUInt32LE(at + 8), size: image.readUInt32LE(at + 12) };
    }
    at += image.readUInt32LE(at + 4);
  }
  return { segments, commandsEnd: at, contentBegin, signature };
}

/**
 * struct segment_command_64: cmd, cmdsize, segname[16], vmaddr, vmsize @32, fileoff @40, filesize @48, … nsects @64.
 */
function segmentAt(image: Buffer, at: number): Segment {
  return {
    name: image.toString("latin1", at + 8, at + 24).replace(/\0.*/s, ""),
    commandAt: at,
    fileOffset: Number(image.readBigUInt64LE(at + 40)),
    fileSize: Number(image.readBigUInt64LE(at + 48)),
  };
}

/**
 * struct section_64 has 80 bytes, the first of them after 72 of the segment; its offset is at 48, 0 where it has no
 * content.
 */
function sectionOffsets(image: Buffer, at: number): readonly number[] {
  const count = image.readUInt32LE(at + 64);
  return Array.from({ length: count }, (_, index) => image.readUInt32LE(at + 72 + 80 * index + 48)).filter(Boolean);
}

/** Sets a segment's size in the file, and in memory to whole pages of 16 KiB. */
export function resizeSegment(image: Buffer, { commandAt }: Segment, fileSize: number): void {
  const page = 0x4000n;
  image.writeBigUInt64LE(BigInt(fileSize), commandAt + 48);
  image.writeBigUInt64LE(((BigInt(fileSize) + page - 1n) / page) * page, commandAt + 32);
}

/** Adds the load command of a signature. @throws Error where there is no room for it before the content */
export function addSignatureCommand(
  image: Buffer,
  { commandsEnd, contentBegin }: MachO,
  offset: number,
  size: number,
): void {
  if (commandsEnd + signatureCommandSize > contentBegin) throw new Error("no room for another load command");
  image.writeUInt32LE(image.readUInt32LE(countAt) + 1, countAt);
  image.writeUInt32LE(image.readUInt32LE(sizeOfCommandsAt) + signatureCommandSize, sizeOfCommandsAt);
  image.writeUInt32LE(LC_CODE_SIGNATURE, commandsEnd);
  image.writeUInt32LE(signatureCommandSize, commandsEnd + 4);
  image.writeUInt32LE(offset, commandsEnd + 8);
  image.writeUInt32LE(size, commandsEnd + 12);
}
