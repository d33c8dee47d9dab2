import { AgentError } from "../../errors.ts";
import { createBoundedWorker, type WorkerLimits } from "../../worker/bounded-worker.ts";
import { startWorker } from "../../worker/start-worker.ts";
import { answerNames, type NameQuestion, type NameService } from "./name-service.ts";

/** The library that has a system's name service, and the words for its failures. */
export interface NameLibrary {
  readonly library: string;
  /** Begins a sentence: `"The name service (NSS)"`. */
  readonly name: string;
  /** The next step if a look-up fails or is not answered in time. */
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

/** For hosts whose NSS sources are local: no thread, no limit. */
export function createDirectNames(names: NameLibrary): BoundedNames {
  const { library } = names;
  let answer: ReturnType<typeof answerNames> | undefined;
  return {
    async ask(method, ...parameters) {
      try {
        answer ??= answerNames(library);
        return answer({ method, parameters }) as never;
      } catch (cause) {
        throw lookupFailed(names, cause);
      }
    },
  };
}

/**
 * For hosts with a directory, which may be out of reach: the lookups are made in a thread, and none takes longer than
 * the limit.
 * @param start starts the thread; tests use another one
 */
export function createThreadNames(
  names: NameLibrary,
  limits: Pick<WorkerLimits, "limit" | "after">,
  start = () => startWorker("name-service", names.library),
): BoundedNames {
  const ask = createBoundedWorker<NameQuestion, unknown>(start, {
    ...limits,
    tooLate: () => timedOut(names, limits.limit),
    failed: (cause) => lookupFailed(names, cause),
    leave: names.exitAtOnce,
  });
  return { ask: async (method, ...parameters) => (await ask({ method, parameters })) as never };
}

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
