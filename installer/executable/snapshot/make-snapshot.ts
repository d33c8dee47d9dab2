import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { WorkerProgram } from "../../../agent/worker/start-worker.ts";
import { bundleProgram } from "../bundle.ts";
import { runCommand } from "../command.ts";
import { startPagesOf } from "../elf/embed-blob.ts";
import { cacheFolder } from "../runtime.ts";
import { settingsFor } from "../sea.ts";
import type { Target } from "../targets.ts";
import type { TrickName } from "../tricks.ts";
import { dropNodeCodeCache } from "./node-code-cache.ts";
import { placeProgram, startingScript } from "./program-text.ts";
import { forShortRuns, keepHashSeed } from "./v8-flags.ts";

const entry = join(import.meta.dirname, "entry.ts");
const server = join(import.meta.dirname, "training-server.ts");

/** What a snapshot is made of. */
export interface SnapshotParts {
  /** The program of the worker threads; in `scratch`. */
  readonly workers: Readonly<Record<WorkerProgram, string>>;
  /** Folder of the runtime, for files in between. */
  readonly scratch: string;
  readonly tricks: ReadonlySet<TrickName>;
  readonly platform: Target["platform"];
  /** The words that start the runtime on this machine. */
  readonly emulator: readonly string[];
}

/**
 * Evaluates the program, undici and the parts of Node for a link at build time; an executable starts from their heap.
 * Relies on: a target's Node that runs on the build machine, SEA's `useSnapshot`, and the form of V8's snapshots (Node
 * 26.10). Check: the heap names no folder of the build machine.
 * @param runtime the target's Node as it will be in the executable, in `scratch`
 * @returns the SEA blob, which holds the snapshot
 */
export async function makeSnapshot(
  runtime: string,
  { workers, scratch, tricks, platform, emulator }: SnapshotParts,
): Promise<Buffer> {
  const script = join(scratch, "program.js");
  const givesBack = platform === "linux" && tricks.has("start-pages");
  const startPages = givesBack ? startPagesOf(readFileSync(runtime)) : null;
  await bundleProgram(entry, script, platform, { startPages: JSON.stringify(startPages) });
  // Windows' scratch folder has the same name everywhere.
  const main = platform === "linux" ? `/proc/self/cwd/${basename(script)}` : basename(script);
  const program = readFileSync(script);
  if (tricks.has("program-text")) {
    const node = readFileSync(runtime);
    placeProgram(node, program, platform);
    writeFileSync(runtime, node);
    writeFileSync(script, startingScript(main));
  }
  const settings = settingsFor(platform);
  const execArgv = [
    ...settings.execArgv,
    ...(tricks.has("v8-flags") ? forShortRuns : []),
    ...(tricks.has("hash-seed") ? keepHashSeed : []),
  ];
  const config = {
    ...settings,
    execArgv,
    main,
    output: "snapshot.blob",
    assets: Object.fromEntries(Object.entries(workers).map(([name, file]) => [name, basename(file)])),
    useSnapshot: true,
    useCodeCache: false,
  };
  writeFileSync(join(scratch, "snapshot.json"), JSON.stringify(config));
  // All names are relative, and the environment is empty: everything that the process sees may get into the heap. The
  // seed makes the same bytes in every build; processes that start from the snapshot have their own.
  const internals = tricks.has("unused-bytecode") || tricks.has("module-loaders") ? ["--expose-internals"] : [];
  // One thread, and no collection of garbage but those that the scripts ask for: its moment would change the heap.
  const flags = [
    "--random-seed=1",
    "--single-threaded",
    "--no-incremental-marking",
    "--no-memory-reducer",
    ...internals,
    ...execArgv,
    "--min-semi-space-size=64",
    "--max-semi-space-size=64",
  ];
  const node = [...emulator, `./${basename(runtime)}`];
  const command = [...node, ...flags, "--experimental-sea-config", "snapshot.json"];
  // Another build on this machine trains at the same port.
  const lock = join(cacheFolder, "training.lock");
  const blob = untilRepeated(() => {
    runCommand("flock", [
      "--close",
      lock,
      process.execPath,
      server,
      "env",
      "--ignore-environment",
      `--chdir=${scratch}`,
      `TRICKS=${[...tricks].join()}`,
      ...command,
    ]);
    return readFileSync(join(scratch, config.output));
  });
  if (blob.includes(basename(scratch))) throw new Error("The snapshot names the folder in which it was made");
  if (tricks.has("program-text") && blob.includes(program)) throw new Error("The snapshot holds the program's text");
  if (!tricks.has("node-code-cache")) return blob;
  // Under Wine process.stdout can't be opened.
  const data = `new (require("node:vm").Script)("").createCachedData().toString("hex")`;
  const evaluate = ["--eval", `require("node:fs").writeSync(1, ${data})`];
  const compiled = runCommand("env", ["--ignore-environment", `--chdir=${scratch}`, ...node, ...execArgv, ...evaluate]);
  return dropNodeCodeCache(blob, Buffer.from(compiled, "hex"));
}

/**
 * After a training, a rare snapshot has two strings of V8's string table in another order, depending on the garbage
 * collector's timing: a snapshot that occurs twice is the usual one.
 * @throws Error where none does
 */
export function untilRepeated(make: () => Buffer): Buffer {
  const seen: Buffer[] = [];
  while (seen.length < 16) {
    const made = make();
    if (seen.some((one) => one.equals(made))) return made;
    seen.push(made);
  }
  throw new Error(`${seen.length} snapshots of the same program were all different`);
}
