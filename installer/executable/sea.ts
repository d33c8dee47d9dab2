import { basename, dirname } from "node:path";
import pkg from "@yao-pkg/pkg/lib-es5/sea.js";
import type { WorkerProgram } from "../../agent/worker/start-worker.ts";
import type { Target } from "./targets.ts";

/**
 * Flags of every executable's start. No flag of V8: with a flag that the build did not have, V8 refuses the compiled
 * code of Node's own modules.
 */
export const settingsFor = (platform: Target["platform"]) => ({
  disableExperimentalSEAWarning: true,
  execArgv: [
    "--disable-warning=ExperimentalWarning",
    // On Linux the agent adds what OpenSSL does not find in the system's store: agent/network/tls/trusted-ca.ts.
    platform === "linux" ? "--use-openssl-ca" : "--use-system-ca",
    // The signal would open Node's debugger to everybody on this machine.
    "--disable-sigusr1",
  ],
  // NODE_OPTIONS could load code into a privileged run.
  execArgvExtension: "none",
});

/** The parts of one executable; all paths absolute. */
export interface Parts {
  /** The target's Node, stripped or edited before: the result must not be changed. */
  readonly runtime: string;
  /** The bundle; intermediate files are made in a folder beside it. */
  readonly program: string;
  /** The program of the worker threads. */
  readonly workers: Readonly<Record<WorkerProgram, string>>;
  readonly executable: string;
}

/**
 * Makes an executable by pkg. Its command line and its documented API drop `execArgv` and
 * `execArgvExtension`; the function behind them passes the whole configuration on (6.23.0).
 */
export async function makeExecutable(target: Target, { runtime, program, workers, executable }: Parts): Promise<void> {
  // pkg works in a new folder in this one. Seen from there, the file has the same name on every machine; that name is
  // embedded.
  process.env["TMPDIR"] = dirname(program);
  const [system, arch] = target.name.split("-") as ["linux" | "win" | "darwin", "arm64" | "x64"];
  const platform = system === "darwin" ? "macos" : system;
  const embedded = { main: `../${basename(program)}`, assets: workers };
  await pkg.default(program, {
    targets: [{ nodeRange: `node${process.versions.node}`, platform, arch, output: executable }],
    seaConfig: { ...settingsFor(target.platform), ...embedded, useSnapshot: false, useCodeCache: false },
    // Together: take the target's Node from here instead of the network, and let this Node, of the same version,
    // write what is embedded.
    nodePath: runtime,
    useLocalNode: true,
  });
}
