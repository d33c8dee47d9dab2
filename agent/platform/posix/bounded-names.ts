import type { Worker } from "node:worker_threads";
import { AgentError } from "../../errors.ts";
import { type NameService, nameServiceSignatures, openNameService } from "./name-service.ts";

/** The library that has a system's name service, and what to tell of it. */
export interface NameLibrary {
  readonly library: string;
  /** Begins a sentence: `"The name service (NSS)"`. */
  readonly name: string;
  /** What to check where a lookup fails, and where none is answered in time. */
  readonly ifFailed: string;
  readonly ifSilent: string;
  /** _exit(2), which waits for no thread. */
  readonly exitAtOnce: (status: number) => void;
}

/** The name service for callers that must not wait for ever: every lookup ends, or throws AgentError. */
export interface BoundedNames {
  ask<M extends keyof NameService>(
    method: M,
    ...parameters: Parameters<NameService[M]>
  ): Promise<ReturnType<NameService[M]>>;
}

/** For hosts whose name service asks this machine alone: no thread, no limit. */
export function createDirectNames(names: NameLibrary): BoundedNames {
  let service: NameService | undefined;
  return {
    async ask(method, ...parameters) {
      try {
        service ??= openNameService(process.getBuiltinModule("node:ffi"), names.library, nameServiceSignatures);
        return call(service, method, parameters);
      } catch (cause) {
        throw lookupFailed(names, cause);
      }
    },
  };
}

/** What the worker is sent and answers. */
interface Question {
  readonly id: number;
  readonly method: keyof NameService;
  readonly parameters: readonly unknown[];
}
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** How long a lookup may take, and what makes it. */
export interface WorkerOptions {
  /** Milliseconds for one lookup. */
  readonly limit: number;
  /** Resolves after so many milliseconds without keeping the process alive. */
  readonly after: (ms: number) => Promise<void>;
  /** CommonJS source of the worker; the name service itself outside tests. */
  readonly source?: string;
}

/**
 * For hosts with a directory: the lookups run in one worker thread, since a name service that waits for an unreachable
 * directory blocks its thread. A lookup that takes longer than the limit fails, and so do later ones until the thread
 * is free again. The source text is part of the program, so this works unbuilt, bundled and in a single executable.
 */
export function createWorkerNames(
  names: NameLibrary,
  { limit, after, source = workerSource }: WorkerOptions,
): BoundedNames {
  let worker: Worker | undefined;
  let lastId = 0;
  let leavesAtExit = false;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: AgentError): void }>();

  const start = (): Worker => {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const started = new Worker(source, {
      eval: true,
      workerData: { library: names.library, signatures: nameServiceSignatures },
    });
    started.unref();
    started.on("message", ({ id, value, error }: Answer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asked?.resolve(value);
      else asked?.reject(lookupFailed(names, new Error(error)));
    });
    started.on("error", (cause) => {
      for (const asked of waiting.values()) asked.reject(lookupFailed(names, cause));
      waiting.clear();
      worker = undefined;
    });
    return started;
  };

  return {
    async ask(method, ...parameters) {
      worker ??= start();
      const id = ++lastId;
      const question: Question = { id, method, parameters };
      const answered = new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
      worker.ref();
      worker.postMessage(question);
      try {
        const tooLate = after(limit).then(() => {
          throw timedOut(names, limit);
        });
        return (await Promise.race([answered, tooLate])) as never;
      } catch (error) {
        if (waiting.has(id) && !leavesAtExit) {
          leavesAtExit = true;
          leaveBlockedThreadAtExit(() => waiting.size > 0, names.exitAtOnce);
        }
        throw error;
      } finally {
        worker?.unref();
      }
    },
  };
}

/**
 * Node joins its threads when it ends, which a blocked one would hold up; the system's own exit does not wait for them.
 */
function leaveBlockedThreadAtExit(isBlocked: () => boolean, exitAtOnce: NameLibrary["exitAtOnce"]): void {
  process.on("exit", (code) => {
    if (isBlocked()) exitAtOnce(code);
  });
}

function call<M extends keyof NameService>(
  service: NameService,
  method: M,
  parameters: Parameters<NameService[M]>,
): ReturnType<NameService[M]> {
  const lookUp = service[method] as (...parameters: Parameters<NameService[M]>) => ReturnType<NameService[M]>;
  return lookUp(...parameters);
}

const workerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const service = (${openNameService})(require("node:ffi"), workerData.library, workerData.signatures);
parentPort.on("message", ({ id, method, parameters }) => {
  try {
    parentPort.postMessage({ id, value: service[method](...parameters) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error?.message) });
  }
});
`;

function lookupFailed({ name, ifFailed }: NameLibrary, cause: unknown): AgentError {
  if (cause instanceof AgentError) return cause;
  const errno = cause instanceof Error && /^\d+$/.test(cause.message) ? ` with errno ${cause.message}` : "";
  const message = `${name} failed${errno}. ${ifFailed}.`;
  return new AgentError("identity-unreadable", message, { cause });
}

function timedOut({ name, ifSilent }: NameLibrary, limit: number): AgentError {
  const message = `${name} did not answer within ${limit / 1000} s. ${ifSilent}.`;
  return new AgentError("identity-unreadable", message);
}
