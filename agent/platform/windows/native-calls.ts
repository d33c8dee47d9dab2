import type * as Ffi from "node:ffi";
import { AgentError } from "../../errors.ts";
import { createBoundedThread, type ThreadLimits } from "../bounded-thread.ts";
import { kernel32 } from "./native/kernel32.ts";
import type { Library, Signatures } from "./native/library.ts";
import { libraryPath } from "./native/system-library.ts";

/** One call of a system library as plain data, so that another thread can make it. */
export interface NativeCall {
  /** File name, of which whoever makes the call finds the path. */
  readonly library: string;
  readonly name: string;
  readonly signature: Ffi.FunctionSignature;
  /** Buffers are pointers to their bytes; the thread that calls has its own copy. */
  readonly parameters: readonly (number | bigint | null | Uint8Array)[];
}

/** What one call gave. */
export interface NativeAnswer {
  readonly result: number | bigint;
  /** GetLastError right after the call. */
  readonly lastError: number;
  /** The parameters after the call: buffers as the function left them. */
  readonly parameters: readonly (number | bigint | null | Uint8Array)[];
}

/** Makes calls one after another on one thread. @throws AgentError `identity-unreadable` */
export type MakeCalls = (calls: readonly NativeCall[]) => Promise<readonly NativeAnswer[]>;

/** The data of one call from a library's table. */
export function nativeCall<T extends Signatures>(
  library: Library<T>,
  name: keyof T & string,
  parameters: NativeCall["parameters"],
): NativeCall {
  return { library: library.file, name, signature: library.signatures[name] ?? {}, parameters };
}

type Callee = Pick<NativeCall, "library" | "name" | "signature">;

/**
 * CONTRACT: uses nothing but its parameters, and no function of its own that has a name, since its source text is also
 * run in a thread, and the bundler puts its own helper around such functions.
 */
export function openCalls(ffi: Pick<typeof Ffi, "dlopen">, lastError: Callee) {
  // The opened libraries are kept: their functions are valid as long as they are open.
  const opened = new Map<string, Ffi.DynamicLibraryResult<Signatures>>();
  return {
    /** @throws Error where the library or the function is missing, or a parameter does not fit */
    make(calls: readonly NativeCall[]): readonly NativeAnswer[] {
      return calls.map((call) => {
        const [callee, errorCallee] = [call, lastError].map(({ library, name, signature }) => {
          const key = `${library} ${name}`;
          const kept = opened.get(key) ?? ffi.dlopen(library, { [name]: signature });
          opened.set(key, kept);
          return kept.functions[name];
        });
        const parameters = call.parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
        const result = callee?.(...parameters);
        return { result, lastError: Number(errorCallee?.()), parameters };
      });
    },
  };
}

function located({ library, ...call }: NativeCall): NativeCall {
  return { ...call, library: libraryPath(library) };
}

const lastErrorCall = (): Callee => ({
  library: kernel32.file,
  name: "GetLastError",
  signature: kernel32.signatures.GetLastError,
});

/** For questions that this machine answers by itself. */
export function directCalls(): MakeCalls {
  let opened: ReturnType<typeof openCalls> | undefined;
  return async (calls) => {
    opened ??= openCalls(process.getBuiltinModule("node:ffi"), lastErrorCall());
    return opened.make(calls.map(located));
  };
}

/** How long a batch of calls may take, and what they are for. */
export interface BoundedOptions extends Pick<ThreadLimits, "limit" | "after"> {
  /** For messages, what Windows is asked for, and what to check where it does not answer. */
  readonly asksFor: string;
  readonly check: string;
}

/**
 * For questions that may wait for a domain controller: the calls are made in a thread, and no batch takes longer than
 * the limit.
 */
export function boundedCalls({ limit, after, asksFor, check }: BoundedOptions): MakeCalls {
  const ask = createBoundedThread<readonly NativeCall[], readonly NativeAnswer[]>(
    { source, data: lastErrorCall() },
    {
      limit,
      after,
      tooLate: () => {
        const message = `Windows did not answer within ${limit / 1000} s when asked for ${asksFor}. ${check}`;
        return new AgentError("identity-unreadable", message);
      },
      failed: (cause) => new AgentError("identity-unreadable", `Windows could not be asked for ${asksFor}.`, { cause }),
      leave: endProcess,
    },
  );
  return async (calls) => await ask(calls.map(located));
}

const source = `(require, lastError) => (${openCalls})(require("node:ffi"), lastError).make`;

/** What was written is on its way already: standard output and files are written synchronously. */
function endProcess(code: number): void {
  kernel32().TerminateProcess(kernel32().GetCurrentProcess(), code);
}
