import type * as Ffi from "node:ffi";
import type { Prototypes } from "../../c-prototypes.ts";
import { prototypes } from "../../native-layout.ts";
import { once } from "../../once.ts";

/** The runtime's foreign function interface, loaded at the first call: loading it costs time and prints a warning. */
export const ffi = once(() => process.getBuiltinModule("node:ffi"));

/** A library of the system with the functions that are used of it; opened at the first call and kept open. */
export interface Library<T extends Ffi.FunctionDefinitions> {
  (): Ffi.WrappedFunctionsFromDefinitions<T>;
  /** File name, `advapi32.dll`. */
  readonly file: string;
  readonly signatures: T;
}

/**
 * @param declarations of its functions; a handle is a number
 * @throws Error from the first call, where the library or one of the functions is missing
 */
export function library<const S extends string>(file: string, declarations: S): Library<Prototypes<S>> {
  const signatures = prototypes(file, declarations);
  // The whole result is kept: the functions are valid as long as the library is open.
  const opened = once(() => ffi().dlopen(libraryPath(file), signatures));
  return Object.assign(() => opened().functions, { file, signatures });
}

/**
 * The only library by its bare name: every Windows process has loaded it before its first instruction, so no folder is
 * searched.
 */
export const kernel32File = "kernel32.dll";

/** The absolute path of a library of the system, so that no folder of a user is searched. */
export const libraryPath = (file: string): string => (file === kernel32File ? file : `${systemDirectory()}\\${file}`);

const directoryOnly = prototypes(kernel32File, "UINT GetSystemDirectoryW(LPWSTR lpBuffer, UINT uSize);");

/** `C:\Windows\System32` from the system, not from the environment. */
export const systemDirectory = once(() => {
  const room = Buffer.alloc(520);
  const length = ffi()
    .dlopen(kernel32File, directoryOnly)
    .functions.GetSystemDirectoryW(room, room.length / 2);
  if (length === 0 || length >= room.length / 2) throw new Error("GetSystemDirectoryW returned no folder");
  return room.toString("utf16le", 0, length * 2);
});
