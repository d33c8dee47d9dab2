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
