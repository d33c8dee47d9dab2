import { ffi } from "../native/library.ts";
import { bytesAt } from "../native/memory.ts";
import { maxSidSize, parseSid, type Sid, sidSize } from "./sids.ts";

/** Reads a SID in the system's memory; undefined for a null pointer. */
export function sidAtPointer(pointer: bigint): Sid | undefined {
  if (pointer === 0n) return undefined;
  const count = ffi().getUint8(pointer, 1);
  return parseSid(bytesAt(pointer, Math.min(maxSidSize, sidSize(count))));
}
