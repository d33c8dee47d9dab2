import { internal, type PreExecution } from "./node-internals.ts";

/**
 * What it does: a start from the snapshot does not prepare Node's loaders of modules; the program is one script. Relies
 * on: Node's start calling `prepareMainThreadExecution` as a property of its module, and what its second parameter does.
 * The building process has `--expose-internals` for it; so Node's internal modules can be loaded in the executable, too,
 * which runs no code of others. Check: the module and the function are there.
 */
export function skipModuleLoaders(): void {
  const preExecution: PreExecution = internal("internal/process/pre_execution");
  const { prepareMainThreadExecution } = preExecution;
  if (typeof prepareMainThreadExecution !== "function") throw new Error("Node prepares its start in another way");
  preExecution.prepareMainThreadExecution = () => prepareMainThreadExecution(false, false);
}
