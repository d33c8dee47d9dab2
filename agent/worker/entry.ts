/** The program of a worker thread: a file of its own beside main.ts, and an asset of its own in an executable. */
import { workerData } from "node:worker_threads";
import { answerQuestions } from "./answer-questions.ts";
import type { WorkerData } from "./start-worker.ts";
import { workerTasks } from "./tasks.ts";

const { task, data } = workerData as WorkerData;
answerQuestions(workerTasks[task](data as never));
