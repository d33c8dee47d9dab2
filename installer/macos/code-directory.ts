import { createHash } from "node:crypto";
import { parseMachO, type Segment } from "./mach-o.ts";

/** osfmk/kern/cs_blobs.h of XNU; all numbers of a signature are big-endian. */
const CSMAGIC_EMBEDDED_SIGNATURE = 0xfade0cc0;
const CSMAGIC_CODEDIRECTORY = 0xfade0c02;
const CSSLOT_CODEDIRECTORY = 0;
/** The oldest version that names the segment of the program's code, which arm64 needs. */
const versionWithCodeSegment = 0x20400;
const CS_ADHOC = 0x2;
const CS_LINKER_SIGNED = 0x20000;
const CS_HASHTYPE_SHA256 = 2;
const CS_EXECSEG_MAIN_BINARY = 1n;

const hashSize = 32;
/** Pages of 4 KiB, as linkers sign them. */
const pageShift = 12;
/** CS_CodeDirectory of that version, without the identifier and the hashes behind it. */
const directorySize = 88;
/** CS_SuperBlob with one CS_BlobIndex. */
const superBlobSize = 20;

/** Bytes of a signature for so many bytes of code. */
export function signatureSize(codeLimit: number, identifier: string): number {
  return superBlobSize + directorySize + Buffer.byteLength(`${identifier}\0`) + hashSize * pagesOf(codeLimit);
}

/**
 * An ad-hoc signature, like a linker's: the hash of each page and no signer.
 * @param code all of the file that is before the signature
 * @param text the segment of the program's code
 */
export function adHocSignature(code: Buffer, identifier: string, text: Segment): Buffer {
  const name = Buffer.from(`${identifier}\0`);
  const total = signatureSize(code.length, identifier);
  const head = Buffer.alloc(superBlobSize + directorySize);
  const put32 = (values: readonly number[], at: number): void => {
    values.forEach((value, index) => void head.writeUInt32BE(value, at + 4 * index));
  };
  put32([CSMAGIC_EMBEDDED_SIGNATURE, total, 1, CSSLOT_CODEDIRECTORY, superBlobSize], 0);
  const directory = superBlobSize;
  // magic, length, version, flags, hashOffset, identOffset, nSpecialSlots, nCodeSlots, codeLimit
  put32([CSMAGIC_CODEDIRECTORY, total - superBlobSize, versionWithCodeSegment, CS_ADHOC | CS_LINKER_SIGNED], directory);
  put32([directorySize + name.length, directorySize, 0, pagesOf(code.length), code.length], directory + 16);
  // hashSize, hashType, platform, pageSize
  head.set([hashSize, CS_HASHTYPE_SHA256, 0, pageShift], directory + 36);
  // spare2, scatterOffset, teamOffset, spare3 and codeLimit64 stay zero; execSegBase, execSegLimit, execSegFlags
  head.writeBigUInt64BE(BigInt(text.fileOffset), directory + 64);
  head.writeBigUInt64BE(BigInt(text.fileSize), directory + 72);
  head.writeBigUInt64BE(CS_EXECSEG_MAIN_BINARY, directory + 80);
  return Buffer.concat([head, name, ...hashes(code, pageShift)]);
}

const pagesOf = (length: number): number => Math.ceil(length / 2 ** pageShift);

function hashes(code: Buffer, shift: number): readonly Buffer[] {
  const size = 2 ** shift;
  return Array.from({ length: Math.ceil(code.length / size) }, (_, index) =>
    createHash("sha256")
      .update(code.subarray(index * size, (index + 1) * size))
      .digest(),
  );
}

/**
 * Compares each page of a signed executable with the hash that its signature gives, as the kernel does when it loads
 * the page. The signer does not matter here.
 * @returns how many pages there are
 * @throws Error naming what is wrong
 */
export function verifyPages(image: Buffer): number {
  const { signature } = parseMachO(image);
  if (signature === undefined) throw new Error("not signed");
  const directory = codeDirectory(image.subarray(signature.offset, signature.offset + signature.size));
  const [hashOffset = 0, , , count = 0, limit = 0] = [16, 20, 24, 28, 32].map((at) => directory.readUInt32BE(at));
  if (limit !== signature.offset) throw new Error(`${limit} bytes are signed, ${signature.offset} are there`);
  const found = hashes(image.subarray(0, limit), directory.readUInt8(39));
  if (found.length !== count) throw new Error(`${count} pages are signed, ${found.length} are there`);
  const wrong = found.findIndex((hash, index) => {
    const at = hashOffset + hashSize * index;
    return !hash.equals(directory.subarray(at, at + hashSize));
  });
  if (wrong >= 0) throw new Error(`page ${wrong} is not the one that was signed`);
  return count;
}

/** The first directory with SHA-256; codesign(1) puts others with other hashes and slots beside it. */
function codeDirectory(blob: Buffer): Buffer {
  if (blob.readUInt32BE(0) !== CSMAGIC_EMBEDDED_SIGNATURE) throw new Error("the signature has an unknown form");
  for (let index = 0; index < blob.readUInt32BE(8); index++) {
    const directory = blob.subarray(blob.readUInt32BE(12 + 8 * index + 4));
    const isDirectory = directory.readUInt32BE(0) === CSMAGIC_CODEDIRECTORY;
    if (isDirectory && directory.readUInt8(37) === CS_HASHTYPE_SHA256) return directory;
  }
  throw new Error("the signature has no SHA-256 code directory");
}
