import { readFileSync } from "node:fs";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { type WorkerProgram, workerPrograms } from "../../agent/worker/start-worker.ts";
import type { Target } from "./targets.ts";

/**
 * Parts of undici that the agent's requests never reach (no HTTP/2, no fetch, no form data, no web sockets), each with
 * what stands in for it. Loading them costs more time than the two requests do; reaching one at run time throws.
 */
const unused = new Map([
  ["lib/dispatcher/client-h2.js", unreachable("HTTP/2")],
  ["lib/web/fetch/body.js", unreachable("form data")],
  ["lib/web/fetch/formdata.js", "exports.FormData = class {};"],
  ["lib/web/webidl/index.js", "exports.webidl = { is: { FormData: () => false } };"],
  // Its NODE_DEBUG=undici prints whole request targets, in which the token stands.
  ["lib/core/diagnostics.js", "exports.channels = new Proxy({}, { get: () => ({ hasSubscribers: false }) });"],
  // The parser without SIMD, for processors that Node 26 doesn't run on.
  ["lib/llhttp/llhttp-wasm.js", unreachable("llhttp without SIMD")],
]);

function unreachable(what: string): string {
  return `module.exports = new Proxy(() => {}, {
    apply() { throw new Error("${what} is not part of this executable"); },
    get() { throw new Error("${what} is not part of this executable"); },
  });`;
}

/** Built-in modules of which undici's client takes next to nothing, but which take 10 to 25 ms to load, with that. */
const standIns = new Map([
  ["node:http", "exports.IncomingMessage = class IncomingMessage {}; exports.maxHeaderSize = 16384;"],
  [
    "node:assert",
    `module.exports = (value, message) => {
      if (!value) throw message instanceof Error ? message : new Error(message ?? "an assertion of undici failed");
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
      const contents = unused.get(path.slice(path.lastIndexOf("/undici/") + "/undici/".length));
      return { contents: contents ?? readFileSync(path, "utf8") };
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

/**
 * Bundles the program and all that it imports into one script: an expression whose value is a function that takes
 * `require`.
 * @param entry absolute path
 * @param outfile absolute path
 * @param platform `process.platform` where it will run; what only other platforms run is left out
 * @returns the source files in it, relative to the working directory
 */
export async function bundleProgram(
  entry: string,
  outfile: string,
  platform: Target["platform"],
): Promise<readonly string[]> {
  const { metafile } = await build({
    ...common,
    metafile: true,
    entryPoints: [entry],
    outfile,
    format: "cjs",
    banner: { js: "(function(require){" },
    footer: { js: "})" },
    // import() of a built-in module becomes require: an embedded script has no module loader.
    supported: { "dynamic-import": false },
    define: {
      "process.platform": JSON.stringify(platform),
      // Of source files alone: an executable has its worker as an asset.
      "import.meta.url": "undefined",
      // undici's own switch for a build without its second, experimental HTTP parser.
      esbuildDetection: "true",
    },
    plugins: [leanUndici],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

/** Bundles the file that an executable runs first; see `start.ts`. */
export async function bundleStart(outfile: string): Promise<void> {
  await bundleScript(new URL("./start.ts", import.meta.url), outfile);
}

/** Bundles what a worker thread of the program runs; see `agent/worker/`. */
export async function bundleWorker(program: WorkerProgram, outfile: string): Promise<void> {
  await bundleScript(new URL(`../../agent/worker/${workerPrograms[program]}`, import.meta.url), outfile);
}

async function bundleScript(entry: URL, outfile: string): Promise<void> {
  await build({ ...common, entryPoints: [entry.pathname], outfile, format: "cjs" });
}
