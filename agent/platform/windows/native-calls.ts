import type * as Ffi from "node:ffi";
import type { Worker } from "node:worker_threads";
import { AgentError } from "../../errors.ts";
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
 * the program of the worker, and the bundler puts its own helper around such functions.
 */
export function openCalls(ffi: Pick<typeof Ffi, "dlopen">, lastError: Callee) {
  // The opened libraries are kept: their functions are valid as long as they are open.
  const opened = new Map<string, Ffi.DynamicLibraryResult<Signatures>>();
  return {
    /** @throws Error where the library or the function is missing, or a parameter does not fit */
    make(calls: readonly NativeCall[]): readonly NativeAnswer[] {
      return calls.map((call) => {
        for (const { library, name, signature } of [call, lastError]) {
          const key = `${library} ${name}`;
          if (!opened.has(key)) opened.set(key, ffi.dlopen(library, { [name]: signature }));
        }
        const callee = opened.get(`${call.library} ${call.name}`)?.functions[call.name];
        const errorCallee = opened.get(`${lastError.library} ${lastError.name}`)?.functions[lastError.name];
        const parameters = call.parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
        const result = callee?.(...parameters);
        return { result, lastError: Number(errorCallee?.()), parameters };
      });
    },
  };
}

function located(call: NativeCall): NativeCall {
  return { ...call, library: libraryPath(call.library) };
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

/** How long calls may take, and what they are for. */
export interface BoundedOptions {
  /** Milliseconds for one batch of calls. */
  readonly limit: number;
  /** Resolves after so many milliseconds without keeping the process alive. */
  readonly after: (ms: number) => Promise<void>;
  /** For messages, what Windows is asked for, and what to check where it does not answer. */
  readonly asksFor: string;
  readonly check: string;
  /** CommonJS source of the worker and what it is given; the real ones outside tests. */
  readonly worker?: { readonly source: string; readonly data: unknown };
  /** Ends the process at once with an exit code, without waiting for its threads. */
  readonly leave?: (code: number) => void;
}

type Answer = { readonly id: number; readonly answers?: readonly NativeAnswer[]; readonly error?: string };

/**
 * For questions that may wait for a domain controller: the calls are made in one worker thread. What takes longer than
 * the limit fails, and so does what is asked while the thread is still blocked. The worker's program is the source text
 * of this one, so it works unbuilt, bundled and in a single executable.
 */
export function boundedCalls(options: BoundedOptions): MakeCalls {
  const { limit, after, asksFor, check, worker: program, leave = endProcess } = options;
  let worker: Worker | undefined;
  let lastId = 0;
  let blocked = false;
  const waiting = new Map<
    number,
    { resolve(answers: readonly NativeAnswer[]): void; reject(error: AgentError): void }
  >();

  const fail = (cause: unknown): void => {
    for (const one of waiting.values()) one.reject(callFailed(asksFor, cause));
    waiting.clear();
  };
  const tooLate = (): AgentError => {
    const message = `Windows did not answer within ${limit / 1000} s when asked for ${asksFor}. ${check}`;
    return new AgentError("identity-unreadable", message);
  };
  const start = (): Worker => {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const { source, data } = program ?? { source: workerSource(), data: lastErrorCall() };
    // With streams of its own the worker does not make Node open the process's standard ones.
    const started = new Worker(source, { eval: true, workerData: data, stdout: true, stderr: true });
    started.on("message", ({ id, answers, error }: Answer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      blocked = false;
      if (answers === undefined) asked?.reject(callFailed(asksFor, new Error(error)));
      else asked?.resolve(answers);
    });
    started.on("error", fail);
    // Node joins its threads when it ends, which a blocked one would hold up for as long as Windows waits.
    process.on("exit", (code) => {
      if (blocked) leave(code);
    });
    return started;
  };

  return async (calls) => {
    if (blocked) throw tooLate();
    worker ??= start();
    const id = ++lastId;
    const answered = new Promise<readonly NativeAnswer[]>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
    worker.ref();
    worker.postMessage({ id, calls: program === undefined ? calls.map(located) : calls });
    const giveUp = after(limit).then(() => {
      if (!waiting.has(id)) return answered;
      blocked = true;
      throw tooLate();
    });
    try {
      return await Promise.race([answered, giveUp]);
    } finally {
      worker.unref();
    }
  };
}

function workerSource(): string {
  return `
const { parentPort, workerData } = require("node:worker_threads");
const opened = (${openCalls})(require("node:ffi"), workerData);
parentPort.on("message", ({ id, calls }) => {
  try {
    parentPort.postMessage({ id, answers: opened.make(calls) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error?.message) });
  }
});
`;
}

/** What was written is on its way already: standard output and files are written synchronously. */
function endProcess(code: number): void {
  kernel32().TerminateProcess(kernel32().GetCurrentProcess(), code);
}

function callFailed(asksFor: string, cause: unknown): AgentError {
  return new AgentError("identity-unreadable", `Windows could not be asked for ${asksFor}.`, { cause });
}
