import type * as Ffi from "node:ffi";
import { once } from "../../../once.ts";
import { prototypes } from "../../native-layout.ts";

/** C prototypes as data: by function name its argument types and its return type. A handle is `uint64`. */
export type Signatures = Ffi.FunctionDefinitions;
type Functions<T extends Signatures> = Ffi.WrappedFunctionsFromDefinitions<T>;

/** The runtime's foreign function interface, loaded at the first call: loading it costs time and prints a warning. */
export const ffi = once(() => process.getBuiltinModule("node:ffi"));

/** A library of the system with the functions that are used of it; opened at the first call and kept open. */
export interface Library<T extends Signatures> {
  (): Functions<T>;
  /** File name, `advapi32.dll`. */
  readonly file: string;
  readonly signatures: T;
}

/**
 * @param pathOf gives the file's path and is asked at the first call
 * @throws Error from the first call, where the library or one of the functions is missing
 */
export function library<const T extends Signatures>(
  file: string,
  signatures: T,
  pathOf: (file: string) => string,
): Library<T> {
  // The whole result is kept: the functions are valid as long as the library is open.
  const opened = once(() => ffi().dlopen(pathOf(file), signatures));
  return Object.assign(() => opened().functions, { file, signatures: prototypes(file, signatures) });
}
