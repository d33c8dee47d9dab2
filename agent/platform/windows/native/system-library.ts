import { systemDirectory } from "./kernel32.ts";
import { type Library, library, type Signatures } from "./library.ts";

/** A library of `System32` by its full path. */
export function systemLibrary<const T extends Signatures>(file: string, signatures: T): Library<T> {
  return library(() => `${systemDirectory()}\\${file}`, signatures);
}
