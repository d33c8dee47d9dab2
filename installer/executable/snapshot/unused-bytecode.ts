import { getHeapCodeStatistics, setFlagsFromString } from "node:v8";
import { internal, type PreExecution } from "./module-loaders.ts";

/**
 * Drops the bytecode of all functions before the training, which compiles again what a run calls: Node's heap holds that
 * of all 3,400 functions of its modules, and each start would deserialize it. Node's own start, which no training
 * reaches, is made once more for that.
 * Relies on: V8's `--stress-flush-code`, with which a collection drops all bytecode that isn't running, and Node's
 * `prepareMainThreadExecution`, which ran when this process started and runs at each start from the snapshot (26.10).
 * The building process has `--expose-internals` for it, as for `module-loaders.ts`. Check: at least half of the bytecode
 * is dropped, and the modules and functions are there.
 * @param collectGarbage from V8's heap, when nothing else runs
 * @throws Error where a check fails
 */
export async function dropBytecode(collectGarbage: () => Promise<void>): Promise<void> {
  await collectGarbage();
  const before = bytecodeSize();
  setFlagsFromString("--stress-flush-code");
  await collectGarbage();
  if (bytecodeSize() > before / 2) throw new Error(`V8 dropped no bytecode: ${before} bytes became ${bytecodeSize()}`);
  setFlagsFromString("--no-stress-flush-code");
  const dns: Initializes = internal("internal/dns/utils");
  const { initializeDns } = dns;
  // It would prepare its resolver for the snapshot twice.
  dns.initializeDns = () => {};
  internal<PreExecution>("internal/process/pre_execution").prepareMainThreadExecution(false, false);
  dns.initializeDns = initializeDns;
  // Node warns of node:ffi once, and so never again.
  internal<Warns>("internal/util").emitExperimentalWarning("FFI");
}

/** As of the last collection. */
const bytecodeSize = (): number => getHeapCodeStatistics().bytecode_and_metadata_size;

interface Initializes {
  initializeDns(): void;
}

interface Warns {
  emitExperimentalWarning(feature: string): void;
}
