import type { Prototypes } from "../../c-prototypes.ts";
import { kernel32, systemDirectory } from "./kernel32.ts";
import { type Library, library } from "./library.ts";

/**
 * The absolute path of a library of the system, so that no folder of a user is searched; `kernel32.dll` alone has none.
 */
export const libraryPath = (file: string): string => (file === kernel32.file ? file : `${systemDirectory()}\\${file}`);

/** A library of `System32`. */
export function systemLibrary<const S extends string>(file: string, declarations: S): Library<Prototypes<S>> {
  return library(file, declarations, libraryPath);
}
