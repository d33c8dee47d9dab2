/** Dies at its first start. */
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../../agent/worker/answer-questions.ts";

if (Atomics.add(workerData as Int32Array, 0, 1) === 0) throw new Error("out of luck");
answerQuestions((question: string) => question);
