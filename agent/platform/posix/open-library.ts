import { AgentError } from "../../errors.ts";

type Signatures = Parameters<typeof import("node:ffi").dlopen>[1];

/**
 * Opens a shared library with its table of signatures. Loading `node:ffi` takes milliseconds, so it is left to the
 * first caller that needs it.
 * @param hint what to do where the library is missing
 * @throws AgentError `identity-unreadable`
 */
export function openLibrary<const S extends NonNullable<Signatures>>(name: string, table: S, hint: string) {
  try {
    return process.getBuiltinModule("node:ffi").dlopen(name, table).functions;
  } catch (cause) {
    throw new AgentError("identity-unreadable", `${name} can't be loaded: ${hint}.`, { cause });
  }
}
