import type { FunctionDefinitions } from "node:ffi";
import { AgentError, type ErrorCode } from "../../errors.ts";
import { createBoundedWorker, type WorkerLimits } from "../../worker/bounded-worker.ts";
import { startWorker } from "../../worker/start-worker.ts";
import { type MakeCalls, type NativeAnswer, type NativeCall, type NativeFunction, openCalls } from "../native-calls.ts";
import { once } from "../once.ts";
import { kernel32 } from "./native/kernel32.ts";
import { ffi, type Library, libraryPath } from "./native/library.ts";

/** One call's data from a library's table; callers add the library's path. */
export function nativeCall<T extends FunctionDefinitions>(
  library: Library<T>,
  name: keyof T & string,
  parameters: NativeCall["parameters"],
): NativeCall {
  return { library: library.file, name, signature: library.signatures[name] ?? {}, parameters };
}

/** Memory that a call filled, by the place of its parameter. */
export function bytesIn(answer: NativeAnswer | undefined, parameter: number): Buffer {
  const bytes = answer?.parameters[parameter];
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`parameter ${parameter} is not a buffer`);
  return Buffer.from(bytes);
}

const located = ({ library, ...call }: NativeCall): NativeCall => ({ ...call, library: libraryPath(library) });

const lastErrorFunction = (): NativeFunction => ({
  library: kernel32.file,
  name: "GetLastError",
  signature: kernel32.signatures.GetLastError,
});

/** For questions that this machine answers by itself. */
export function directCalls(): MakeCalls {
  const opened = once(() => openCalls(ffi(), lastErrorFunction()));
  return async (calls) => opened()(calls.map(located));
}

/** The time limit of a batch of calls, and its purpose. */
export interface BoundedOptions extends Pick<WorkerLimits, "limit"> {
  /** For messages: the purpose of a call, and the next step if Windows does not answer. */
  readonly asksFor: string;
  readonly check: string;
  /** The code of the error for a missing answer. Default: `identity-unreadable`. */
  readonly code?: ErrorCode;
}

const threads = new WeakMap<BoundedOptions, MakeCalls>();

/**
 * For questions that may wait for a domain controller: the calls are made in a thread, and no batch takes longer than
 * the limit. A thread that hangs can't be ended, so each purpose has one for the life of the process.
 */
export function boundedCalls(purpose: BoundedOptions): MakeCalls {
  const calls = threads.get(purpose) ?? callsOnThread(purpose);
  threads.set(purpose, calls);
  return calls;
}

function callsOnThread({ limit, asksFor, check, code = "identity-unreadable" }: BoundedOptions): MakeCalls {
  const ask = createBoundedWorker<readonly NativeCall[], readonly NativeAnswer[]>(
    () => startWorker("native-calls", lastErrorFunction()),
    {
      limit,
      tooLate: () => {
        const message = `Windows did not return ${asksFor} within ${limit / 1000} s. ${check}`;
        return new AgentError(code, message);
      },
      failed: (cause) => new AgentError(code, `Windows could not return ${asksFor}.`, { cause }),
      leave: endProcess,
    },
  );
  return async (calls) => await ask(calls.map(located));
}

/** Memory that a call which did not return in time may still use; never freed. */
const lent: unknown[] = [];

/** Keeps memory to which parameters point until the calls have returned. */
export async function lending<T>(memory: unknown, calls: Promise<T>): Promise<T> {
  lent.push(memory);
  const answers = await calls;
  lent.splice(lent.indexOf(memory), 1);
  return answers;
}

/** Output is not lost: standard output and files are written synchronously. */
export function endProcess(code: number): void {
  kernel32().TerminateProcess(kernel32().GetCurrentProcess(), code);
}
