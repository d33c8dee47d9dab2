import { readField, structure } from "../../native-layout.ts";
import {
  type GssFunctions,
  type GssLibrary,
  gssBuffer,
  gssKeyValue,
  gssKeyValues,
  gssOidSet,
  type ObjectId,
} from "./gss-tables.ts";

export type GssMemory = ReturnType<typeof createGssMemory>;

/** Structures for calls. What they point to must live as long as the call that reads it, so it is kept until `drop`. */
export function createGssMemory(
  ffi: typeof import("node:ffi"),
  { gss_release_buffer }: GssFunctions,
  layouts: GssLibrary["layouts"],
) {
  let pointedTo: Buffer[] = [];
  const addressOf = (bytes: Buffer): bigint => {
    pointedTo.push(bytes);
    return ffi.getRawPointer(bytes);
  };
  const oidOf = (id: ObjectId): Buffer =>
    structure(layouts.oid, { length: id.length, elements: addressOf(Buffer.from(id)) });
  const textOf = (text: string): Buffer => Buffer.from(`${text}\0`);
  return {
    addressOf,
    bufferOf(bytes: Uint8Array): Buffer {
      const copy = Buffer.from(bytes);
      return structure(gssBuffer, { length: BigInt(copy.length), value: copy.length === 0 ? 0n : addressOf(copy) });
    },
    oidOf,
    oidSetOf: (...ids: readonly ObjectId[]): Buffer =>
      structure(gssOidSet, { count: BigInt(ids.length), elements: addressOf(Buffer.concat(ids.map(oidOf))) }),
    keyValuesOf(entries: Readonly<Record<string, string>>): Buffer {
      const elements = Object.entries(entries).map(([key, value]) =>
        structure(gssKeyValue, { key: addressOf(textOf(key)), value: addressOf(textOf(value)) }),
      );
      return structure(gssKeyValues, { count: elements.length, elements: addressOf(Buffer.concat(elements)) });
    },
    /** The content of a buffer that the library filled, which is released. */
    take(filled: Buffer): Buffer {
      const [length, value] = [readField(gssBuffer, "length", filled), readField(gssBuffer, "value", filled)];
      try {
        return length === 0n ? Buffer.alloc(0) : Buffer.from(ffi.toBuffer(value, Number(length), true));
      } finally {
        gss_release_buffer(Buffer.alloc(4), filled);
      }
    },
    drop(): void {
      pointedTo = [];
    },
  };
}
