import { queryObjects, setFlagsFromString, startupSnapshot } from "node:v8";
import { main } from "../../../agent/main.ts";
// Evaluated here, so that a start finds them evaluated. Modules of other commands are evaluated when they run.
import "../../../agent/commands/link.ts";
import "../../../agent/network/http-connection.ts";
import "../../../agent/network/tls/trusted-ca.ts";
import { skipModuleLoaders } from "./module-loaders.ts";
import { giveBack, type StartPages } from "./start-pages.ts";
import { dropBytecode } from "./unused-bytecode.ts";
import { compileAgain } from "./v8-flags.ts";

/**
 * The script whose heap becomes the start-up snapshot of an executable for Linux or Windows. It runs in the target's Node on
 * the build machine: no top level of a module in it may read the environment, the clock, chance or a path.
 */

// Every link needs these of Node's modules. node:tls, node:http and node:ffi can't be in a snapshot (Node 26.10).
for (const name of ["node:net", "node:dns/promises"]) process.getBuiltinModule(name);

/** The build writes it here; null without this optimisation. */
declare const startPages: StartPages | null;

const tricks = process.env["TRICKS"]?.split(",") ?? [];
if (tricks.includes("module-loaders")) skipModuleLoaders();
// The training's fakes are Linux's. A bundle has only the branch of its platform.
if (process.platform === "win32") void import("../../../agent/platform/windows/platform.ts");
else void import("./train.ts").then(({ train }) => (tricks.includes("training") ? prepare(train) : {}));

async function prepare(train: (startPages: StartPages | null) => Promise<void>): Promise<void> {
  if (tricks.includes("unused-bytecode")) await dropBytecode(collectGarbage);
  await train(startPages);
  // A closed socket must be finalized before V8 writes the heap.
  await collectGarbage();
}

/** Without a timer, whose times would be in the snapshot. */
async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    queryObjects(class {});
    for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

startupSnapshot.addSerializeCallback(() => {
  // Facts of the building process, which Node replaces when a process starts from the snapshot: its number, its file, its
  // arguments, and the working directory that Node remembers until the next change.
  Object.defineProperty(process, "pid", { value: 0 });
  process.execPath = "";
  process.argv = [];
  process.chdir(".");
  // For the code caches that Node makes next: see `node-code-cache.ts`.
  if (tricks.includes("node-code-cache")) setFlagsFromString("--no-lazy");
});
startupSnapshot.setDeserializeMainFunction(() => {
  if (startPages !== null) giveBack(startPages);
  const argv = process.argv.slice(2);
  if (argv[0] === "plan") for (const flag of compileAgain) setFlagsFromString(flag);
  void main(argv);
});
