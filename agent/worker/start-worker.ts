import type { Worker } from "node:worker_threads";
import type { WorkerTasks } from "./tasks.ts";

/** What a worker gets at its start. */
export interface WorkerData {
  readonly task: keyof WorkerTasks;
  readonly data: unknown;
}

/** The bundle of `entry.ts` in an executable. ASCII. */
export const workerAsset = "worker";

/**
 * Starts a thread for one of the tasks: from the asset of an executable, else from the source file.
 * @param data what the task takes
 */
export function startWorker<T extends keyof WorkerTasks>(task: T, data: Parameters<WorkerTasks[T]>[0]): Worker {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const { isSea, getAsset } = process.getBuiltinModule("node:sea");
  const workerData: WorkerData = { task, data };
  // With streams of its own the worker does not make Node open the process's standard ones.
  const options = { workerData, stdout: true, stderr: true };
  return isSea()
    ? new Worker(getAsset(workerAsset, "latin1"), { ...options, eval: true })
    : new Worker(new URL("./entry.ts", import.meta.url), options);
}
