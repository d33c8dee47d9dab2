/** The program of a worker thread: bundled apart from main.ts, as a separate asset of an executable. */
import { workerData } from "node:worker_threads";
import { answerQuestions } from "./answer-questions.ts";
import type { WorkerData } from "./start-worker.ts";
import { workerTasks } from "./tasks.ts";

const { task, data } = workerData as WorkerData;
answerQuestions(workerTasks[task](data as never));
