import type { Worker } from "node:worker_threads";
import type { AgentError } from "../errors.ts";
import type { WorkerAnswer, WorkerQuestion } from "./answer-questions.ts";

/** The time limit of one answer, and the error for a missing one. */
export interface WorkerLimits {
  /** Milliseconds for one question. */
  readonly limit: number;
  /** Resolves after so many milliseconds without keeping the process alive; by default a timer of Node. */
  readonly after?: (ms: number) => Promise<void>;
  readonly tooLate: () => AgentError;
  readonly failed: (cause: unknown) => AgentError;
  /** Ends the process at once with an exit code, without waiting for its threads. */
  readonly leave: (code: number) => void;
}

/** Answers, or throws AgentError, within the limit. */
export type Ask<Question, Answer> = (question: Question) => Promise<Answer>;

/**
 * For calls that block their thread, as with an unreachable directory: one worker makes them, one after another. A
 * question that takes longer than the limit fails, and later ones fail at once until the thread is free again. A thread
 * that died is replaced.
 * @param start starts the worker, at the first question: see `start-worker.ts`
 */
export function createBoundedWorker<Question, Answer>(
  start: () => Worker,
  { limit, after = unrefTimer, tooLate, failed, leave }: WorkerLimits,
): Ask<Question, Answer> {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  /** Questions that were given up and that the thread has not answered yet. */
  const overdue = new Set<number>();

  // Node's exit waits for its threads, so a blocked one would delay it; the system's own exit does not wait.
  const leaveAtExit = (code: number): void => {
    if (waiting.size + overdue.size > 0) leave(code);
  };

  const started = (): Worker => {
    const one = start();
    one.on("message", ({ id, value, error }: WorkerAnswer) => {
      overdue.delete(id);
      if (error === undefined) waiting.get(id)?.resolve(value);
      else waiting.get(id)?.reject(failed(new Error(error)));
    });
    one.on("error", (cause) => {
      for (const asker of waiting.values()) asker.reject(failed(cause));
      overdue.clear();
      worker = undefined;
    });
    process.off("exit", leaveAtExit).on("exit", leaveAtExit);
    return one;
  };

  return async (question) => {
    if (overdue.size > 0) throw tooLate();
    try {
      worker ??= started();
    } catch (cause) {
      throw failed(cause);
    }
    const asked = worker;
    const id = ++lastId;
    const sent: WorkerQuestion = { id, question };
    asked.postMessage(sent);
    const asker = Promise.withResolvers<unknown>();
    waiting.set(id, asker);
    asked.ref();
    void after(limit).then(() => {
      if (!waiting.has(id)) return;
      overdue.add(id);
      asker.reject(tooLate());
    });
    try {
      return (await asker.promise) as Answer;
    } finally {
      waiting.delete(id);
      if (waiting.size === 0) asked.unref();
    }
  };
}

const unrefTimer = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
