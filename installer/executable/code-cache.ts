import { runTool } from "./command.ts";

const compiler = new URL("./compile.ts", import.meta.url).pathname;

/**
 * Has a target's own Node compile the program; the cache is good for that binary alone.
 * @param program absolute path of the bundle
 * @param cache absolute path of the file to write
 */
export function makeCodeCache(runtime: string, program: string, cache: string): void {
  // The seed decides over the order of some tables, and so over the cache's bytes.
  runTool(runtime, ["--random-seed=1", compiler, program, cache]);
}
