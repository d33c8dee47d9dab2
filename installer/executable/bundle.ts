import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { type WorkerProgram, workerPrograms } from "../../agent/worker/start-worker.ts";
import { runCommand } from "./command.ts";
import type { Target } from "./targets.ts";

/**
 * Parts of undici that the agent's requests never reach (no HTTP/2, no fetch, no form data, no web sockets), each with
 * what replaces it. Loading them costs more time than the two requests do; reaching one at run time throws.
 */
const unused = new Map([
  ["lib/dispatcher/client-h2.js", unreachable("HTTP/2")],
  ["lib/web/fetch/body.js", unreachable("form data")],
  ["lib/web/fetch/formdata.js", "exports.FormData = class {};"],
  ["lib/web/webidl/index.js", "exports.webidl = { is: { FormData: () => false } };"],
  // Its NODE_DEBUG=undici prints whole request targets, in which the token stands.
  ["lib/core/diagnostics.js", "exports.channels = new Proxy({}, { get: () => ({ hasSubscribers: false }) });"],
  // A search tree of 900 objects, for lower-case names of headers.
  ["lib/core/tree.js", "exports.tree = { lookup: () => null };"],
  // The parser without SIMD, for processors that Node 26 doesn't run on.
  ["lib/llhttp/llhttp-wasm.js", unreachable("llhttp without SIMD")],
]);

function unreachable(what: string): string {
  return `module.exports = new Proxy(() => {}, {
    apply() { throw new Error("${what} is not part of this executable"); },
    get() { throw new Error("${what} is not part of this executable"); },
  });`;
}

/** Built-in modules of which undici's client uses almost nothing, with replacements; loading them takes 10 to 25 ms. */
const standIns = new Map([
  ["node:http", "exports.IncomingMessage = class IncomingMessage {}; exports.maxHeaderSize = 16384;"],
  [
    "node:assert",
    `module.exports = (value, message) => {
      if (!value) throw message instanceof Error ? message : new Error(message ?? "an assertion of undici failed");
    };`,
  ],
]);

/** Needed by `snapshot/train.ts`: a module's state without traces of a training run. */
const additions = new Map([
  [
    "lib/dispatcher/client-h1.js",
    `;module.exports.forgetParser = () => {
      llhttpInstance = currentBufferPtr = currentBuffer = null;
      currentBufferSize = 0;
    };`,
  ],
]);

const leanUndici: Plugin = {
  name: "lean-undici",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(?:http|assert)$/ }, ({ path, importer }) =>
      importer.includes("/undici/") ? { path, namespace: "stand-in" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({ contents: standIns.get(path) ?? "" }));
    onLoad({ filter: /\/undici\/lib\// }, ({ path }) => {
      const name = path.slice(path.lastIndexOf("/undici/") + "/undici/".length);
      return { contents: unused.get(name) ?? readFileSync(path, "utf8") + (additions.get(name) ?? "") };
    });
  },
};

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node26",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
};

/** The sources' commit, with `-dirty` where they were changed; undefined outside a repository. */
function sourceCommit(): string | undefined {
  try {
    const describe = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    return runCommand("git", ["-C", import.meta.dirname, ...describe]).trim();
  } catch {
    return undefined;
  }
}

/**
 * Bundles the program and all that it imports into one script.
 * @param entry absolute path
 * @param outfile absolute path
 * @param platform `process.platform` where it will run; code of other platforms is left out
 * @param define JSON by the names of globals in whose place it stands
 * @returns the source files in it, relative to the working directory
 */
export async function bundleProgram(
  entry: string,
  outfile: string,
  platform: Target["platform"],
  define: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const { metafile } = await build({
    ...common,
    metafile: true,
    entryPoints: [entry],
    outfile,
    format: "cjs",
    // The `require` of a snapshot's script refuses some modules.
    banner: { js: "(function(require){" },
    footer: { js: "})(process.getBuiltinModule);" },
    // import() of a built-in module becomes require: an embedded script has no module loader. A snapshot can't hold
    // the code that V8 makes of `using` (26.10).
    supported: { "dynamic-import": false, using: false },
    define: {
      ...define,
      // Another entry calls the program's main function itself.
      "import.meta.main": String(basename(entry) === "main.ts"),
      "process.platform": JSON.stringify(platform),
      buildCommit: JSON.stringify(sourceCommit() ?? "unknown commit"),
      // Only for the sources: an executable has its worker as an asset.
      "import.meta.url": "undefined",
      // undici's own switch for a build without its second, experimental HTTP parser.
      esbuildDetection: "true",
    },
    plugins: [leanUndici],
  });
  return filesIn(metafile);
}

/**
 * Bundles the program of a worker thread; see `agent/worker/`.
 * @returns as {@link bundleProgram}
 */
export async function bundleWorker(program: WorkerProgram, outfile: string): Promise<readonly string[]> {
  const entry = join(import.meta.dirname, "../../agent/worker", workerPrograms[program]);
  return filesIn((await build({ ...common, metafile: true, entryPoints: [entry], outfile, format: "cjs" })).metafile);
}

function filesIn({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}
