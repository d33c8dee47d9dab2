/**
 * Steps that make an executable faster or smaller than Node's own options do, and rely on Node's internals. Each is a
 * step that can be left out: `npm run build -- --without NAME`, all of them by `--plain`. Each step's purpose and
 * measured gain: its own file, and installer/README.md.
 */
export const trickNames = [
  "snapshot",
  "training",
  "unused-bytecode",
  "module-loaders",
  "v8-flags",
  "node-code-cache",
  "hash-seed",
  "program-text",
  "source-positions",
  "deadlock-detector",
  "start-pages",
  "icu-data",
] as const;

export type TrickName = (typeof trickNames)[number];
