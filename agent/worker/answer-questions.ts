import { parentPort } from "node:worker_threads";

export interface WorkerQuestion {
  readonly id: number;
  readonly question: unknown;
}

/** A worker's answer: a value, or the message of the error that was thrown. */
export interface WorkerAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The worker's side of `bounded-worker.ts`: answers questions one after another as long as the thread lives. */
export function answerQuestions(answer: (question: never) => unknown): void {
  parentPort?.on("message", async ({ id, question }: WorkerQuestion) => {
    const send = (sent: WorkerAnswer): void => parentPort?.postMessage(sent);
    try {
      send({ id, value: await answer(question as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}
