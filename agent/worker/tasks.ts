import { type NativeFunction, openCalls } from "../platform/native-calls.ts";
import { type NameService, openNameService } from "../platform/posix/name-service.ts";

/** A lookup in the C library's name service. */
export interface NameQuestion {
  readonly method: keyof NameService;
  readonly parameters: readonly unknown[];
}

/**
 * The tasks that a worker can be started for. Each task takes plain data once and returns a function that answers
 * questions one by one; it may block and throw. To add one, add it here: `worker/entry.ts` is bundled with all that it
 * imports, as an asset of its own, so a task should be small and free of the program's state; large ones have their own
 * program, as `pac-entry.ts`.
 */
export const workerTasks = {
  /** @param library of the name service, as dlopen takes it */
  "name-service": (library: string) => {
    const service = openNameService(process.getBuiltinModule("node:ffi"), library);
    return ({ method, parameters }: NameQuestion): unknown =>
      (service[method] as (...all: readonly unknown[]) => unknown)(...parameters);
  },
  /** @param lastError see {@link openCalls} */
  "native-calls": (lastError: NativeFunction) => openCalls(process.getBuiltinModule("node:ffi"), lastError),
};

export type WorkerTasks = typeof workerTasks;
