import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";

/**
 * `compile.ts PROGRAM CACHE`, run by the target's Node: compiles a script with all its functions and writes them as
 * V8's code cache.
 */
const [program = "", cache = ""] = process.argv.slice(2);
// V8 compiles a function when it is first called; what is called depends on the run.
setFlagsFromString("--no-lazy");
const script = new Script(readFileSync(program, "latin1"));
// A cache is taken by processes with the same flags alone.
setFlagsFromString("--lazy");
writeFileSync(cache, script.createCachedData());
