import type * as Ffi from "node:ffi";

export interface NativeFunction {
  /** As dlopen takes it: an absolute path, or the name of a library that is loaded already. */
  readonly library: string;
  readonly name: string;
  readonly signature: Ffi.FunctionSignature;
}

/** A call as plain data, for another thread. */
export interface NativeCall extends NativeFunction {
  /** Buffers are pointers to their bytes; the thread that makes the call has its own copy. */
  readonly parameters: readonly (number | bigint | null | Uint8Array)[];
}

export interface NativeAnswer {
  readonly result: number | bigint;
  /** The result of the last-error function right after the call. */
  readonly lastError: number;
  /** The parameters after the call: buffers as the function left them. */
  readonly parameters: NativeCall["parameters"];
}

/** Makes calls one after another on one thread. @throws AgentError `identity-unreadable` */
export type MakeCalls = (calls: readonly NativeCall[]) => Promise<readonly NativeAnswer[]>;

/**
 * @param lastError the function without parameters that returns the calling thread's last error
 * @returns what makes calls; it throws Error where a library or function is missing, or a parameter does not fit
 */
export function openCalls(
  ffi: Pick<typeof Ffi, "dlopen">,
  lastError: NativeFunction,
): (calls: readonly NativeCall[]) => readonly NativeAnswer[] {
  // The opened libraries are kept: their functions are valid as long as they are open.
  const opened = new Map<string, Ffi.DynamicLibraryResult<Ffi.FunctionDefinitions>>();
  const open = ({ library, name, signature }: NativeFunction) => {
    const key = `${library} ${name}`;
    const kept = opened.get(key) ?? ffi.dlopen(library, { [name]: signature });
    opened.set(key, kept);
    return kept.functions[name];
  };
  return (calls) =>
    calls.map((call) => {
      const [callee, errorCallee] = [open(call), open(lastError)];
      const parameters = call.parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
      const result = callee?.(...parameters);
      return { result, lastError: Number(errorCallee?.()), parameters };
    });
}
