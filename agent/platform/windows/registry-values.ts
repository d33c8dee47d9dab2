import { constants } from "../native-layout.ts";
import { wideText } from "./native/pointers.ts";

export interface RegistryValue {
  readonly name: string;
  /** REG_… number, winnt.h. */
  readonly type: number;
  readonly data: Buffer;
}

export const registryType = constants("winnt.h", {
  REG_NONE: 0,
  REG_SZ: 1,
  REG_EXPAND_SZ: 2,
  REG_BINARY: 3,
  REG_DWORD: 4,
  REG_DWORD_BIG_ENDIAN: 5,
  REG_LINK: 6,
  REG_MULTI_SZ: 7,
  REG_QWORD: 11,
});

const typeName = (type: number): string =>
  Object.entries(registryType).find(([, number]) => number === type)?.[0] ?? `type ${type}`;

/** A value whose type says nothing to a setting. Passed on unchanged, so that the message names the type. */
export interface ForeignValue {
  readonly registryType: string;
}

/**
 * Turns a value into what JSON could hold: text, a whole number or a list of texts. Text may lack its final zero: the
 * writing program decides on a value's length.
 */
export function decodeRegistryValue({ type, data }: RegistryValue): string | number | readonly string[] | ForeignValue {
  if ((type === registryType.REG_SZ || type === registryType.REG_EXPAND_SZ) && data.length % 2 === 0)
    // An earlier, longer value may have left bytes behind it.
    return wideText(data);
  if (type === registryType.REG_DWORD && data.length === 4) return data.readUInt32LE(0);
  if (type === registryType.REG_QWORD && data.length === 8) {
    const value = data.readBigUInt64LE(0);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  }
  if (type === registryType.REG_MULTI_SZ && data.length % 2 === 0) return texts(data);
  return { registryType: typeName(type) };
}

/** A key's value, whose name Windows compares without case; undefined if the key or the value is not there. */
export function valueIn(key: { readonly values: readonly RegistryValue[] } | undefined, name: string) {
  const value = key?.values.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return value && decodeRegistryValue(value);
}

function texts(data: Buffer): readonly string[] {
  const parts = data.toString("utf16le").split("\0");
  const end = parts.indexOf("");
  return end < 0 ? parts : parts.slice(0, end);
}

/**
 * The items of a list that a management tool's list box wrote: one text value for each, named `1`, `2`, … or like the
 * item itself. Ordered by number, then by name.
 */
export function decodeRegistryList(values: readonly RegistryValue[]): readonly unknown[] {
  return values
    .toSorted((a, b) => position(a) - position(b) || (a.name < b.name ? -1 : 1))
    .map((value) => decodeRegistryValue(value));
}

const position = ({ name }: RegistryValue): number => (/^\d{1,9}$/.test(name) ? Number(name) : Number.MAX_SAFE_INTEGER);
