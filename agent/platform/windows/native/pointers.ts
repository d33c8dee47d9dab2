import { layout } from "../../native-layout.ts";
import { ffi } from "./library.ts";

/** A string as Windows takes it: UTF-16 with a final zero. A zero inside would truncate it and is refused. */
export function wide(text: string): Buffer {
  if (text.includes("\0")) throw new TypeError("a zero character in a string for Windows");
  return Buffer.from(`${text}\0`, "utf16le");
}

/** A buffer for a pointer or handle that a function returns. */
export const pointerSlot = (): Buffer => Buffer.alloc(8);
/** The pointer that a call put into a {@link pointerSlot}. */
export const pointerIn = (slot: Buffer): bigint => slot.readBigUInt64LE(0);

/** A buffer for a DWORD that a function returns or changes. */
export function dwordSlot(value = 0): Buffer {
  const slot = Buffer.alloc(4);
  slot.writeUInt32LE(value);
  return slot;
}
/** The number that a call put into a {@link dwordSlot}. */
export const dwordIn = (slot: Buffer): number => slot.readUInt32LE(0);

/** Copies memory that a function returned. @param length in bytes */
export function bytesAt(pointer: bigint, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : ffi().toBuffer(pointer, length, true);
}

/** @returns the address of a buffer, valid as long as the buffer is used afterwards */
export const addressOf = (buffer: Buffer): bigint => ffi().getRawPointer(buffer);

/** The text of UTF-16 bytes, up to its zero if it has one. */
export const wideText = (bytes: Buffer | undefined): string => bytes?.toString("utf16le").split("\0", 1)[0] ?? "";

const maxUnits = 32_768;

/** Reads UTF-16 up to its final zero, at most 32768 units; empty for a null pointer. */
export function wideAt(pointer: bigint): string {
  if (pointer === 0n) return "";
  let length = 0;
  while (length < maxUnits && ffi().getUint16(pointer, length * 2) !== 0) length += 1;
  return bytesAt(pointer, length * 2).toString("utf16le");
}

const unicodeString = layout("ntsecapi.h", "LSA_UNICODE_STRING", 16, { Length: [0, "u16"], Buffer: [8, "pointer"] });

/** A UNICODE_STRING inside a structure. */
export function unicodeStringAt(structure: bigint, offset: number): string {
  const length = ffi().getUint16(structure, offset + unicodeString.at.Length);
  const text = ffi().getUint64(structure, offset + unicodeString.at.Buffer);
  return text === 0n ? "" : bytesAt(text, length).toString("utf16le");
}

/** A structure of Windows whose pointers lead into the same memory: its bytes and their original address. */
export interface Memory {
  readonly bytes: Buffer;
  readonly base: bigint;
}

/** The offset of an address inside the memory; undefined for a null pointer and for what lies outside. */
export function offsetOf(memory: Memory, address: bigint): number | undefined {
  const distance = address - memory.base;
  return distance >= 0n && distance < BigInt(memory.bytes.length) ? Number(distance) : undefined;
}
