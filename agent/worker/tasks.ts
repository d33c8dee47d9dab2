import { type NativeFunction, openCalls } from "../platform/native-calls.ts";
import { answerNames } from "../platform/posix/name-service.ts";

/**
 * The tasks that a worker can be started for. Each task takes plain data once and returns a function that answers
 * questions one by one; it may block and throw. To add one, add it here: `worker/entry.ts` is bundled with all that it
 * imports, as an asset of its own, so a task should be small and free of the program's state; large ones have their own
 * program, as `pac-entry.ts`.
 */
export const workerTasks = {
  "name-service": answerNames,
  /** @param lastError see {@link openCalls} */
  "native-calls": (lastError: NativeFunction) => openCalls(process.getBuiltinModule("node:ffi"), lastError),
};

export type WorkerTasks = typeof workerTasks;
