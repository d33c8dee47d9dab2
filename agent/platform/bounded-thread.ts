import type { Worker } from "node:worker_threads";
import type { AgentError } from "../errors.ts";

/** What runs in the thread. */
export interface ThreadProgram {
  /**
   * Source text of a function that takes `require` and `data` and returns what answers a question. As a text in the
   * program it runs unbuilt, bundled and in a single executable, but knows nothing of the file around it.
   */
  readonly source: string;
  readonly data?: unknown;
}

/** How long one answer may take, and what is told where there is none. */
export interface ThreadLimits {
  /** Milliseconds for one question. */
  readonly limit: number;
  /** Resolves after so many milliseconds without keeping the process alive. */
  readonly after: (ms: number) => Promise<void>;
  readonly tooLate: () => AgentError;
  readonly failed: (cause: unknown) => AgentError;
  /** Ends the process at once with an exit code, without waiting for its threads. */
  readonly leave: (code: number) => void;
}

/** Answers, or throws AgentError, within the limit. */
export type Ask<Question, Answer> = (question: Question) => Promise<Answer>;

/** What the thread sends back. */
type Message = { readonly id: number; readonly value?: unknown; readonly error?: string };

interface Asker {
  resolve(value: unknown): void;
  reject(error: AgentError): void;
}

/**
 * For questions that block their thread, as those to a directory that can't be reached do: one worker thread answers
 * them, one after the other. What takes longer than the limit fails, and what is asked then fails at once, until the
 * thread is free again. A thread that died is replaced.
 */
export function createBoundedThread<Question, Answer>(
  { source, data }: ThreadProgram,
  { limit, after, tooLate, failed, leave }: ThreadLimits,
): Ask<Question, Answer> {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, Asker>();
  /** Questions that were given up and that the thread has not answered yet. */
  const overdue = new Set<number>();

  // Node joins its threads when it ends, which a blocked one would hold up; the system's own exit does not wait for them.
  const leaveAtExit = (code: number): void => {
    if (waiting.size + overdue.size > 0) leave(code);
  };

  const start = (): Worker => {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    // With streams of its own the worker does not make Node open the process's standard ones.
    const started = new Worker(answering(source), { eval: true, workerData: data, stdout: true, stderr: true });
    started.on("message", ({ id, value, error }: Message) => {
      overdue.delete(id);
      if (error === undefined) waiting.get(id)?.resolve(value);
      else waiting.get(id)?.reject(failed(new Error(error)));
    });
    started.on("error", (cause) => {
      for (const asker of waiting.values()) asker.reject(failed(cause));
      overdue.clear();
      worker = undefined;
    });
    process.off("exit", leaveAtExit).on("exit", leaveAtExit);
    return started;
  };

  return async (question) => {
    if (overdue.size > 0) throw tooLate();
    worker ??= start();
    const asked = worker;
    const id = ++lastId;
    asked.postMessage({ id, question });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    asked.ref();
    void after(limit).then(() => {
      if (!waiting.has(id)) return;
      overdue.add(id);
      reject(tooLate());
    });
    try {
      return (await promise) as Answer;
    } finally {
      waiting.delete(id);
      if (waiting.size === 0) asked.unref();
    }
  };
}

const answering = (source: string): string => `
const { parentPort, workerData } = require("node:worker_threads");
const answer = (${source})(require, workerData);
parentPort.on("message", ({ id, question }) => {
  try {
    parentPort.postMessage({ id, value: answer(question) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error?.message) });
  }
});
`;
