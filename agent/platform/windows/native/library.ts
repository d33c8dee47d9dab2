import type * as Ffi from "node:ffi";
import { once } from "../../../once.ts";
import type { Prototypes } from "../../c-prototypes.ts";
import { prototypes } from "../../native-layout.ts";

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
 * @param pathOf gives the file's path and is asked at the first call
 * @throws Error from the first call, where the library or one of the functions is missing
 */
export function library<const S extends string>(
  file: string,
  declarations: S,
  pathOf: (file: string) => string,
): Library<Prototypes<S>> {
  const signatures = prototypes(file, declarations);
  // The whole result is kept: the functions are valid as long as the library is open.
  const opened = once(() => ffi().dlopen(pathOf(file), signatures));
  return Object.assign(() => opened().functions, { file, signatures });
}
