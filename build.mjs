/**
 * Makes the executables in dist/: `npm run build [-- --target linux-x64]…`, and with `npm run package` their packages.
 * How and why: installer/README.md.
 */
import { copyFileSync, mkdirSync, mkdtempDisposableSync, readFileSync, renameSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { macosIdentifier } from "./agent/platform/macos/paths.ts";
import { workerPrograms } from "./agent/worker/start-worker.ts";
import { bundleProgram, bundleWorker } from "./installer/executable/bundle.ts";
import { runCommand } from "./installer/executable/command.ts";
import { embedBlob } from "./installer/executable/elf/embed-blob.ts";
import { emulatorFor } from "./installer/executable/emulator.ts";
import { forgetVariables } from "./installer/executable/forget-variables.ts";
import { embedResource } from "./installer/executable/pe/embed-resource.ts";
import { loadFromSystemAlone } from "./installer/executable/pe/library-folders.ts";
import { setWindowsResources } from "./installer/executable/pe/windows-resources.ts";
import { fetchRuntime } from "./installer/executable/runtime.ts";
import { makeExecutable } from "./installer/executable/sea.ts";
import { makeSnapshot } from "./installer/executable/snapshot/make-snapshot.ts";
import { targets } from "./installer/executable/targets.ts";
import { trickNames } from "./installer/executable/tricks.ts";
import { tuneNode } from "./installer/executable/tune-node.ts";
import { signFileAdHoc } from "./installer/macos/ad-hoc-sign.ts";
import { makePackages } from "./installer/packages.ts";
import { sign, signingFrom } from "./installer/windows/signing.ts";

// Faults that a person can fix take one line; defects show their stack. Not by a listener: one of pkg's would throw the
// error again.
process.setUncaughtExceptionCaptureCallback((error) => {
  const plain = error.constructor === Error || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(plain ? error.message : error);
  process.exitCode = 1;
});

const names = targets.map(({ name }) => name);
const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: names },
    plain: { type: "boolean", default: false },
    without: { type: "string", multiple: true, default: [] },
    package: { type: "boolean", default: false },
  },
});
const unknownTrick = values.without.find((name) => !trickNames.includes(name));
if (unknownTrick !== undefined) throw new Error(`--without takes ${trickNames.join(", ")}, not ${unknownTrick}`);
const tricks = new Set(values.plain ? [] : trickNames.filter((name) => !values.without.includes(name)));
const unknown = values.target.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`There is no target ${unknown}, only ${names.join(", ")}`);

const signing = signingFrom(process.env);

const root = import.meta.dirname;
const dist = join(root, "dist");
const sized = ({ size }) => (size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`);
const tell = (file) => console.log(`${relative(root, file)}  ${sized(statSync(file))}`);
mkdirSync(dist, { recursive: true });
using folder = mkdtempDisposableSync(join(dist, ".build-"));
const scratch = folder.path;
// Ended early, by a key: the tool that runs then is ended too, and nothing is left.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    folder.remove();
    process.exit(1);
  });
}

const workers = {};
for (const name of Object.keys(workerPrograms)) {
  workers[name] = join(scratch, `${name}.js`);
  await bundleWorker(name, workers[name]);
}
const chosen = targets.filter(({ name }) => values.target.includes(name));
for (const target of chosen) {
  const executable = join(scratch, target.executable);
  const runtime = join(scratch, target.name);
  copyFileSync(fetchRuntime(target), runtime);
  const windows = target.platform === "win32";
  const emulator = tricks.size > 0 ? emulatorFor(target, runtime) : undefined;
  if (tricks.size > 0 && emulator === undefined) {
    const lacking = windows ? "a start-up snapshot" : "the optimisations";
    console.log(`${target.name}: without ${lacking}, because its Node does not run here (installer/README.md)`);
  }
  const unused = emulator || windows ? tuneNode(runtime, target, tricks) : undefined;
  if (target.strip !== undefined) {
    runCommand(target.strip.tool, [runtime], target.strip.debianPackage);
  }
  forgetVariables(runtime);
  if (windows) loadFromSystemAlone(runtime);
  if (emulator !== undefined && tricks.has("snapshot")) {
    const blob = await makeSnapshot(runtime, { workers, scratch, tricks, platform: target.platform, emulator });
    if (windows) embedResource(runtime, blob, executable);
    else embedBlob(runtime, blob, executable, unused);
  } else {
    const program = join(scratch, `${target.name}.js`);
    await bundleProgram(join(root, "agent", "main.ts"), program, target.platform);
    await makeExecutable(target, { runtime, program, workers, executable });
  }
  if (windows) {
    const { version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    setWindowsResources(executable, { version, description, fileName: target.executable });
    if (signing !== undefined) sign(executable, signing);
  }
  if (target.platform === "darwin") signFileAdHoc(executable, macosIdentifier);
  // A file that was just written lies in memory in large pieces, which count in full for the process that starts it.
  runCommand("sync", [executable]);
  runCommand("dd", [`if=${executable}`, "iflag=nocache", "count=0"]);
  const finished = join(dist, target.executable);
  renameSync(executable, finished);
  tell(finished);
}
if (values.package) for (const made of makePackages(chosen, dist)) tell(made);
