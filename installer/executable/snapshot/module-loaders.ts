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

/** Modules of Node that only a process with `--expose-internals` gets. @throws Error where Node has none of this name */
export function internal<T>(name: string): T {
  const found: unknown = process.getBuiltinModule(name);
  if (found === undefined) throw new Error(`Node has no module ${name}`);
  return found as T;
}

/** `internal/process/pre_execution` (Node 26.10). */
export interface PreExecution {
  /** @param loadsModules whether the loaders of modules are prepared */
  prepareMainThreadExecution(expandArgv1: boolean, loadsModules: boolean): void;
}
