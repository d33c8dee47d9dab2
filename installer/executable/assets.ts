/** What is embedded in an executable beside the file that it runs first. */

/** The bundle: an expression whose value is a function, which takes `require` and runs the program. ASCII. */
export const programAsset = "program";
/** V8's code cache for it, where there is one. */
export const codeCacheAsset = "code-cache";
