/** Answers a text in capitals, with an error for `bad`; `wait` blocks the thread until the gate opens. */
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../../agent/worker/answer-questions.ts";

answerQuestions((question: string) => {
  if (question === "bad") throw new Error("5");
  if (question === "wait") Atomics.wait(workerData as Int32Array, 0, 0);
  return question.toUpperCase();
});
