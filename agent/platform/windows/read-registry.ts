import { constants } from "../native-layout.ts";
import { owned } from "../owned.ts";
import { advapi32 } from "./native/advapi32.ts";
import { dwordIn, dwordSlot, pointerIn, pointerSlot, wide } from "./native/pointers.ts";
import { WindowsError, winError } from "./native/windows-error.ts";
import type { RegistryValue } from "./registry-values.ts";

/** Sign-extended to the size of a pointer. */
export const { HKEY_LOCAL_MACHINE } = constants("winreg.h", { HKEY_LOCAL_MACHINE: 0xffff_ffff_8000_0002n });
/** Rights on a key, and the view: that of 64-bit programs or that of 32-bit ones. */
export const keyAccess = constants("winnt.h", {
  KEY_READ: 0x2_0019,
  KEY_WRITE: 0x2_0006,
  KEY_WOW64_64KEY: 0x0100,
  KEY_WOW64_32KEY: 0x0200,
});
const viewFlag = { 64: keyAccess.KEY_WOW64_64KEY, 32: keyAccess.KEY_WOW64_32KEY } as const;

/** A registry key: its values, and the names of its subkeys. */
export interface RegistryKey {
  readonly values: readonly RegistryValue[];
  readonly subkeys: readonly string[];
}

/** Reads a key of HKEY_LOCAL_MACHINE; undefined if it does not exist. */
export type ReadKey = (path: string, view?: 32 | 64) => RegistryKey | undefined;

/**
 * Reads a key of HKEY_LOCAL_MACHINE whole.
 * @returns undefined if it does not exist
 * @throws WindowsError
 */
export function readMachineKey(path: string, view: 32 | 64 = 64): RegistryKey | undefined {
  const slot = pointerSlot();
  const status = advapi32().RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide(path), 0, keyAccess.KEY_READ | viewFlag[view], slot);
  if (status === winError.ERROR_FILE_NOT_FOUND || status === winError.ERROR_PATH_NOT_FOUND) return undefined;
  if (status !== 0) throw new WindowsError("RegOpenKeyExW", status);
  using key = owned(pointerIn(slot), advapi32().RegCloseKey);
  return { values: valuesOf(key.handle), subkeys: subkeysOf(key.handle) };
}

/** The longest name of a value has 16383 characters, that of a key 255. */
const nameRoom = 16_384;

function valuesOf(key: bigint): readonly RegistryValue[] {
  const values: RegistryValue[] = [];
  const name = Buffer.alloc(2 * nameRoom);
  let data = Buffer.alloc(4096);
  for (let index = 0; ; ) {
    const nameLength = dwordSlot(nameRoom);
    const type = dwordSlot();
    const length = dwordSlot(data.length);
    const status = advapi32().RegEnumValueW(key, index, name, nameLength, null, type, data, length);
    if (status === winError.ERROR_NO_MORE_ITEMS) return values;
    if (status === winError.ERROR_MORE_DATA) {
      data = Buffer.alloc(Math.max(2 * data.length, dwordIn(length)));
      continue;
    }
    if (status !== 0) throw new WindowsError("RegEnumValueW", status);
    values.push({
      name: name.toString("utf16le", 0, 2 * dwordIn(nameLength)),
      type: dwordIn(type),
      data: Buffer.from(data.subarray(0, dwordIn(length))),
    });
    index += 1;
  }
}

function subkeysOf(key: bigint): readonly string[] {
  const names: string[] = [];
  const name = Buffer.alloc(512);
  for (;;) {
    const length = dwordSlot(name.length / 2);
    const status = advapi32().RegEnumKeyExW(key, names.length, name, length, null, null, null, null);
    if (status === winError.ERROR_NO_MORE_ITEMS) return names;
    if (status !== 0) throw new WindowsError("RegEnumKeyExW", status);
    names.push(name.toString("utf16le", 0, 2 * dwordIn(length)));
  }
}
