import { basename, dirname } from "node:path";
import pkg from "@yao-pkg/pkg/lib-es5/sea.js";
import type { Target } from "./targets.ts";

/** What every executable is told at its start, whatever the platform. */
const settings = {
  disableExperimentalSEAWarning: true,
  execArgv: [
    "--disable-warning=ExperimentalWarning",
    "--use-system-ca",
    // The HTTP parser is WebAssembly, and reads two answers: optimising it costs 20 ms more than it saves.
    "--liftoff-only",
    // The signal would open Node's debugger to everybody on this machine.
    "--disable-sigusr1",
  ],
  // NODE_OPTIONS could load code into a privileged run.
  execArgvExtension: "none",
};

/** What one executable is made of; all paths absolute. */
export interface Parts {
  /** The target's Node, stripped or edited before: the result must not be changed. */
  readonly runtime: string;
  /** The bundle; intermediate files are made in a folder beside it. */
  readonly main: string;
  readonly executable: string;
}

/**
 * Makes an executable by pkg. Its command line and its documented API drop `execArgv` and
 * `execArgvExtension`; the function behind them passes the whole configuration on (6.23.0).
 */
export async function makeExecutable(target: Target, { runtime, main, executable }: Parts): Promise<void> {
  // pkg works in a new folder in this one. Seen from there, the bundle has the same name on every machine; that name is
  // embedded.
  process.env["TMPDIR"] = dirname(main);
  const [platform, arch] = target.name.split("-") as ["linux" | "win", "arm64" | "x64"];
  const embedded = { main: `../${basename(main)}` };
  await pkg.default(main, {
    targets: [{ nodeRange: `node${process.versions.node}`, platform, arch, output: executable }],
    seaConfig: { ...settings, ...embedded, useSnapshot: false, useCodeCache: false },
    // Together: take the target's Node from here instead of the network, and let this Node, of the same version,
    // write what is embedded.
    nodePath: runtime,
    useLocalNode: true,
  });
}
