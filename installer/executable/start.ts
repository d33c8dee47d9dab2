import { getAssetKeys, getRawAsset } from "node:sea";
import { Script } from "node:vm";
import { codeCacheAsset, programAsset } from "./assets.ts";

/**
 * What an executable runs first: it compiles the program, or takes the compiled functions from the code cache. V8
 * checks that the cache was made by its own version, with its own flags, from a text of the same length; otherwise it
 * compiles.
 */
const text = Buffer.from(getRawAsset(programAsset)).toString("latin1");
const codeCache = getAssetKeys().includes(codeCacheAsset) ? Buffer.from(getRawAsset(codeCacheAsset)) : undefined;
const program = new Script(text, {
  filename: "linkuser-agent",
  ...(codeCache === undefined ? {} : { cachedData: codeCache }),
});
program.runInThisContext()(require);
