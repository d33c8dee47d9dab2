import { setFlagsFromString } from "node:v8";

/**
 * Drops the bytecode of all functions before the training, which compiles again what a run calls: Node's heap holds that
 * of all 3,400 functions of its modules, and each start would deserialize it. Node's own start, which no training
 * reaches, is made once more for that.
 * Relies on: V8's `--stress-flush-code`, with which a collection drops all bytecode that isn't running, and Node's
 * `prepareMainThreadExecution`, which ran when this process started and runs at each start from the snapshot (26.10).
 * The building process has `--expose-internals` for it. Check: a flag, module or function that is missing ends the build.
 * @param collectGarbage from V8's heap, when nothing else runs
 */
export async function dropBytecode(collectGarbage: () => Promise<void>): Promise<void> {
  setFlagsFromString("--stress-flush-code");
  await collectGarbage();
  setFlagsFromString("--no-stress-flush-code");
  const dns: Initializes = internal("internal/dns/utils");
  const { initializeDns } = dns;
  // It would prepare its resolver for the snapshot twice.
  dns.initializeDns = () => {};
  internal<Prepares>("internal/process/pre_execution").prepareMainThreadExecution(false, false);
  dns.initializeDns = initializeDns;
}

interface Initializes {
  initializeDns(): void;
}

interface Prepares {
  prepareMainThreadExecution(expandArgv1: boolean, initializeModules: boolean): void;
}

function internal<T>(name: string): T {
  const found: unknown = process.getBuiltinModule(name);
  if (found === undefined) throw new Error(`Node has no module ${name}`);
  return found as T;
}
