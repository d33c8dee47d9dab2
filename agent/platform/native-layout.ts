/**
 * Tables of C layouts, constants and prototypes, each defined beside its use and registered here, so that a test
 * (`test/system/headers/*-headers.test.ts`) has a compiler compare every one with the platform's headers. A number of a
 * system's interface belongs in such a table.
 */
import type { FunctionDefinitions } from "node:ffi";
import { type Prototypes, parsePrototypes } from "./c-prototypes.ts";

/** The type of a field: an unsigned (`u`) or signed number of so many bits, an address, or so many bytes. */
export type FieldKind = "u8" | "u16" | "u32" | "i32" | "u64" | "pointer" | number;
/** A member of the C type, which may be a path (`Address.lpSockaddr`), with its offset in bytes. */
type Fields = Readonly<Record<string, readonly [offset: number, kind: FieldKind]>>;

/** The used part of a C structure. */
export interface Layout<F extends Fields = Fields> {
  /** In bytes; where the structure ends in a list of unknown length, of its fixed part. */
  readonly size: number;
  readonly fields: F;
  readonly at: { readonly [N in keyof F]: number };
}

/** Values by their C names. */
export type Constants = Readonly<Record<string, number | bigint>>;

/** What headers are compared with. */
export type NativeTable =
  | { readonly header: string; readonly type: string; readonly layout: Layout; readonly orSmaller?: true }
  | { readonly header: string; readonly constants: Constants }
  | { readonly library: string; readonly prototypes: FunctionDefinitions };

const tables: NativeTable[] = [];

/** All tables of the modules that are loaded. @internal for tests */
export const nativeTables: readonly NativeTable[] = tables;

/**
 * @param header that declares the structure, `iptypes.h`
 * @param type as C names it, with `struct` where it needs that
 */
export function layout<const F extends Fields>(header: string, type: string, size: number, fields: F): Layout<F> {
  const offsets = Object.entries(fields).map(([name, [offset]]) => [name, offset]);
  const made: Layout<F> = { size, fields, at: Object.fromEntries(offsets) };
  tables.push({ header, type, layout: made });
  return made;
}

/** A structure that differs between systems behind its fields: `size` is that of the largest. */
export function layoutUpTo<const F extends Fields>(header: string, type: string, size: number, fields: F): Layout<F> {
  const made = layout(header, type, size, fields);
  tables.splice(-1, 1, { header, type, layout: made, orSmaller: true });
  return made;
}

/** @param values by names that the header defines: macros, members of enumerations, or an expression, `(uid_t)-1` */
export function constants<const C extends Constants>(header: string, values: C): C {
  tables.push({ header, constants: values });
  return values;
}

/** @param declarations of a library's functions that are called, in C @returns their signatures by name */
export function prototypes<const S extends string>(library: string, declarations: S): Prototypes<S> {
  const functions = parsePrototypes(declarations);
  tables.push({ library, prototypes: functions });
  return functions as Prototypes<S>;
}

type FieldValue<K extends FieldKind> = K extends "u64" | "pointer" ? bigint : K extends number ? Buffer : number;

/**
 * Reads a field of a structure, little-endian.
 * @param start of the structure in the bytes
 * @returns for a field of bytes a view on them
 * @throws RangeError where the bytes end before
 */
export function readField<F extends Fields, N extends keyof F & string>(
  { fields }: Layout<F>,
  name: N,
  bytes: Buffer,
  start = 0,
): FieldValue<F[N][1]> {
  const [offset, kind] = fields[name] as Fields[string];
  return valueAt(bytes, start + offset, kind) as FieldValue<F[N][1]>;
}

function valueAt(bytes: Buffer, at: number, kind: FieldKind): number | bigint | Buffer {
  switch (kind) {
    case "u8":
      return bytes.readUInt8(at);
    case "u16":
      return bytes.readUInt16LE(at);
    case "u32":
      return bytes.readUInt32LE(at);
    case "i32":
      return bytes.readInt32LE(at);
    case "u64":
    case "pointer":
      return bytes.readBigUInt64LE(at);
    default:
      return bytes.subarray(at, at + kind);
  }
}

/** The bytes of a structure with some fields set; the others are zero. */
export function structure<F extends Fields>(
  { size, fields }: Layout<F>,
  values: { readonly [N in keyof F]?: FieldValue<F[N][1]> },
): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [name, value] of Object.entries(values) as [string, number | bigint | Buffer][]) {
    const [offset, kind] = fields[name] as Fields[string];
    if (typeof value === "bigint") bytes.writeBigUInt64LE(value, offset);
    else if (typeof value !== "number") bytes.set(value, offset);
    else if (kind === "i32") bytes.writeInt32LE(value, offset);
    else bytes.writeUIntLE(value, offset, kind === "u8" ? 1 : kind === "u16" ? 2 : 4);
  }
  return bytes;
}
