import type { Worker } from "node:worker_threads";
import type { WorkerTasks } from "./tasks.ts";

export interface WorkerData {
  readonly task: keyof WorkerTasks;
  readonly data: unknown;
}

/** Programs of threads: the file here, by the name of its bundle in an executable. ASCII. */
export const workerPrograms = {
  worker: "entry.ts",
  "pac-worker": "pac-entry.ts",
  "log-on-worker": "log-on-entry.ts",
} as const;
export type WorkerProgram = keyof typeof workerPrograms;

/** Starts a thread for one of the tasks. @param data what the task takes */
export function startWorker<T extends keyof WorkerTasks>(task: T, data: Parameters<WorkerTasks[T]>[0]): Worker {
  const workerData: WorkerData = { task, data };
  return startProgram("worker", workerData);
}

/** Starts a thread: from the asset of an executable, else from the source file. */
export function startProgram(program: WorkerProgram, workerData?: unknown): Worker {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const { isSea, getAsset } = process.getBuiltinModule("node:sea");
  // With separate streams the worker does not make Node open the process's standard ones.
  const options = { workerData, stdout: true, stderr: true };
  return isSea()
    ? new Worker(getAsset(program, "latin1"), { ...options, eval: true })
    : new Worker(new URL(workerPrograms[program], import.meta.url), options);
}
