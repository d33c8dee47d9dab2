import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { forgetParser } from "undici/lib/dispatcher/client-h1.js";
import { readCommandLine } from "../../../agent/cli/command-line.ts";
import type { Clock } from "../../../agent/clock.ts";
import { dryRun } from "../../../agent/commands/dry-run.ts";
import { link } from "../../../agent/commands/link.ts";
import { forbidDumps, forgetLibc } from "../../../agent/platform/linux/libc.ts";
import { createLinuxPlatform } from "../../../agent/platform/linux/platform.ts";
import { printableJson } from "../../../agent/printable.ts";
import type { Runtime } from "../../../agent/wiring/runtime.ts";
import { webAssemblyForTraining } from "./parser-for-training.ts";
import { trainingPort } from "./training-server.ts";

/**
 * Makes the usual runs once while the snapshot is built (a link, a run after it, a dry run), so that the snapshot holds
 * the compiled code of all functions that they call, including Node's. Relies on: V8 keeping bytecode in snapshots; the
 * state of undici's parser module (see `bundle.ts`). Check: each run ends as it should, else the build fails.
 *
 * The runs see a fake machine, person, clock and server, the same in every build.
 */

/** Below the build's own folder, under a name that is the same everywhere. */
const folder = "/proc/self/cwd/training";

const machine = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nperson:x:1000:1000:Person:/home/person:/bin/sh\n",
  "etc/group": "root:x:0:\nperson:x:1000:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
  "etc/machine-id": "3f0c9a4e7b1d4c52a86e5d0b97f1e2c4\n",
  "proc/net/route":
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t0\n",
  "proc/net/tcp": "",
  "proc/net/tcp6": "",
  "sys/class/net/eth0/address": "00:00:5e:00:53:01\n",
  "sys/class/net/eth0/type": "1\n",
  "sys/class/net/eth0/addr_assign_type": "0\n",
  "sys/class/net/eth0/operstate": "up\n",
  "sys/class/net/eth0/carrier": "1\n",
  "sys/class/net/eth0/ifindex": "2\n",
  "sys/class/net/eth0/iflink": "2\n",
  "sys/class/net/eth0/uevent": "INTERFACE=eth0\nIFINDEX=2\n",
  "sys/class/net/eth0/device/uevent": "",
};

const settings = {
  baseUrl: `http://127.0.0.1:${trainingPort}`,
  clientId: "training",
  proxy: "none",
  stateDir: `${folder}/state`,
  logFile: `${folder}/log`,
};

/** Also compiles, each time, the code of `main.ts` around a command. */
async function run(...parameters: readonly string[]): Promise<unknown> {
  const commandLine = readCommandLine([
    ...parameters,
    "--config",
    `${folder}/config.json`,
    "--user",
    "person",
    "--json",
  ]);
  const runtime = trainingRuntime();
  const command = commandLine.flags["dry-run"] === true ? dryRun : link;
  const { document } = await command(runtime, commandLine);
  printableJson(document);
  return "outcome" in document ? document.outcome : undefined;
}

function trainingRuntime(): Runtime {
  const platform = createLinuxPlatform({
    root: `${folder}/machine`,
    environment: {},
    uid: 1000,
    effectiveUid: 1000,
    openLogin: () => ({ sessions: () => [], uid: () => 0, text: () => "", isRemote: () => false }),
    hostName: () => "training",
    loadSecondSource: () => {
      throw new Error("The training machine's identifiers are refused, and the build machine's would be read");
    },
  });
  return {
    platform,
    environment: { LINKUSER_CLIENT_SECRET: "training" },
    ignoredVariables: [],
    clock: trainingClock,
    random: () => 0.5,
    onTerminal: false,
    resultBeside: false,
    terminalWidth: () => 80,
    resultWidth: () => 80,
    writeError: () => {},
    interrupted: new AbortController().signal,
    executable: () => undefined,
  };
}

const trainingClock: Clock = { now: () => 1.7e12, monotonic: () => 0, sleep: async () => {} };

/** ECONNREFUSED: nothing listens at the vendor's port. */
const errno = 111;
/** Results of C functions that are not 0. */
const results: Readonly<Record<string, unknown>> = { connect: -1, ioctl: -1, __errno_location: 1n };

/** In place of node:ffi, which can't be in a snapshot. */
const ffiForTraining = {
  dlopen: (_library: string, table: object) => ({
    functions: Object.fromEntries(Object.keys(table).map((name) => [name, () => results[name] ?? 0])),
  }),
  getInt32: () => errno,
  getRawPointer: () => 1n,
};

declare global {
  namespace NodeJS {
    interface Process {
      /** Deprecated, but there is no other way to these (Node 26.10). */
      binding(name: "fs"): { readonly statValues: Float64Array; readonly bigintStatValues: BigInt64Array };
    }
  }
}

/** What a run calls of Node's for native calls and for the warning about node:ffi, which is turned off. */
function callMore(): void {
  process.emitWarning("training", "ExperimentalWarning");
  basename(folder);
  Buffer.allocUnsafe(4).slice(0).readUInt32LE();
  readFileSync(`${folder}/config.json`);
}

/** @throws Error where a run does not end as it should */
export async function train(): Promise<void> {
  for (const [path, text] of Object.entries(machine)) {
    mkdirSync(dirname(`${folder}/machine/${path}`), { recursive: true });
    writeFileSync(`${folder}/machine/${path}`, text);
  }
  writeFileSync(`${folder}/config.json`, JSON.stringify(settings), { mode: 0o600 });
  const { getBuiltinModule } = process;
  const v8 = { ...getBuiltinModule("node:v8"), setFlagsFromString: () => {} };
  const replaced: Readonly<Record<string, unknown>> = { "node:v8": v8, "node:ffi": ffiForTraining };
  process.getBuiltinModule = ((name: string) => replaced[name] ?? getBuiltinModule(name)) as never;
  Object.assign(globalThis, { WebAssembly: webAssemblyForTraining });
  const { setTimeout } = globalThis;
  // Node's own timer would keep its expiry, with which later ones are compared.
  const timer = { ref: () => timer, unref: () => timer, refresh: () => timer };
  globalThis.setTimeout = (() => timer) as never;
  try {
    forbidDumps();
    const outcomes = [await run("--force", "--no-splay"), await run(), await run("--dry-run")];
    callMore();
    const expected = ["linked", "already-linked", "dry-run"];
    if (outcomes.join() !== expected.join()) throw new Error(`The training ended with ${outcomes.join(", ")}`);
  } finally {
    forgetLibc();
    globalThis.setTimeout = setTimeout;
    process.getBuiltinModule = getBuiltinModule;
    Reflect.deleteProperty(globalThis, "WebAssembly");
    forgetParser();
    rmSync(folder, { recursive: true });
    // The last answers of stat(2).
    const { statValues, bigintStatValues } = process.binding("fs");
    statValues.fill(0);
    bigintStatValues.fill(0n);
  }
}
