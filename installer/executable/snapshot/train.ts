import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { forgetParser } from "undici/lib/dispatcher/client-h1.js";
import type { Clock } from "../../../agent/clock.ts";
import { main } from "../../../agent/main.ts";
import { forgetLibc } from "../../../agent/platform/linux/libc.ts";
import { createLinuxPlatform } from "../../../agent/platform/linux/platform.ts";
import type { Platform } from "../../../agent/platform/port.ts";
import { webAssemblyForTraining } from "./parser-for-training.ts";
import { giveBack, type StartPages } from "./start-pages.ts";
import { trainingPort } from "./training-server.ts";

/**
 * Makes the usual runs once while the snapshot is built (a link, a person's and the service's run after it, a dry run),
 * so that the snapshot holds the compiled code of all functions that they call, including Node's. Relies on: V8 keeping
 * bytecode in snapshots; the state of undici's parser module (see `bundle.ts`); `process.reallyExit`, which ends the
 * process for Node. Check: each run ends as it should, else the build fails.
 *
 * The runs see a fake machine, person, clock and server, the same in every build.
 */

/** Below the build's own folder, under a name that is the same everywhere. */
const folder = "/proc/self/cwd/training";

const machine = {
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\nlinkuser-agent:x:998:998::/:/usr/sbin/nologin\nperson:x:1000:1000:Person:/home/person:/bin/sh\n",
  "etc/group": "root:x:0:\nperson:x:1000:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
  "etc/machine-id": "3f0c9a4e7b1d4c52a86e5d0b97f1e2c4\n",
  "proc/net/route":
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n",
  "proc/net/ipv6_route": `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 ${"0".repeat(32)} 00000400 00000001 00000000 00000003 eth0\n`,
  "sys/class/net/eth0/address": "00:00:5e:00:53:01\n",
  "sys/class/net/eth0/type": "1\n",
  "sys/class/net/eth0/addr_assign_type": "0\n",
  "sys/class/net/eth0/operstate": "up\n",
  "sys/class/net/eth0/carrier": "1\n",
  "sys/class/net/eth0/ifindex": "2\n",
  "sys/class/net/eth0/iflink": "2\n",
  "sys/class/net/eth0/uevent": "INTERFACE=eth0\nIFINDEX=2\n",
  "sys/class/net/eth0/device/uevent": "",
  "sys/class/net/eth0/lower_eth1/ifindex": "",
  "sys/class/net/docker0/type": "1\n",
  "sys/class/net/docker0/ifindex": "3\n",
  "sys/class/net/docker0/iflink": "3\n",
  "sys/class/net/docker0/uevent": "DEVTYPE=bridge\nINTERFACE=docker0\nIFINDEX=3\n",
  "sys/class/net/lo/type": "772\n",
  "sys/class/net/lo/ifindex": "1\n",
  "run/systemd/sessions/1": "",
};

const settings = {
  baseUrl: `http://127.0.0.1:${trainingPort}`,
  clientId: "training",
  proxy: "none",
  excludeUsers: ["default", "svc-*"],
  caFile: `${folder}/ca.pem`,
  stateDir: `${folder}/state`,
  logFile: `${folder}/log`,
};

/** Runs the whole program but for its last call. @returns what the run remembered as its outcome */
async function run(platform: Platform, ...parameters: readonly string[]): Promise<unknown> {
  const ended = new Error("the end of the process");
  process.reallyExit = () => {
    throw ended;
  };
  await main([...parameters, "--config", `${folder}/config.json`, "--json"], {
    selectPlatform: async () => platform,
    clock: trainingClock,
  }).catch((thrown) => {
    if (thrown !== ended) throw thrown;
  });
  process._exiting = false;
  process.exitCode = undefined;
  return JSON.parse(readFileSync(`${folder}/state/state.json`, "utf8")).lastRun.outcome;
}

const trainingClock: Clock = { now: () => 1.7e12, monotonic: () => 0, sleep: async () => {} };

/** The person's session at the screen. */
const session = {
  sessions: () => ["1"],
  uid: () => 1000,
  text: (what: string) => ({ class: "user", state: "active", seat: "seat0", service: "gdm-password" })[what] ?? "",
  isRemote: () => false,
};

/** @param uid of the person or of the service */
const trainingPlatform = (uid: number): Platform =>
  createLinuxPlatform({
    root: `${folder}/machine`,
    environment: {},
    uid,
    effectiveUid: uid,
    openLogin: () => session,
    hostName: () => "training",
    loadSecondSource: () => {
      throw new Error("The training machine's identifiers are refused, and the build machine's would be read");
    },
  });

/** ECONNREFUSED: nothing listens at the vendor's port. */
const errno = 111;
/** Results of C functions that are not 0. */
const results: Readonly<Record<string, unknown>> = { connect: -1, __errno_location: 1n };

/** In place of node:ffi, which can't be in a snapshot. */
const ffiForTraining = {
  dlopen: (_library: string, table: object) => ({
    functions: Object.fromEntries(Object.keys(table).map((name) => [name, () => results[name] ?? 0])),
  }),
  getInt32: () => errno,
  getUint32: () => 1,
  getRawPointer: () => 1n,
};

declare global {
  namespace NodeJS {
    interface Process {
      reallyExit(code: number): never;
      _exiting: boolean;
      /** Deprecated, but there is no other way to these (Node 26.10). */
      binding(name: "fs"): { readonly statValues: Float64Array; readonly bigintStatValues: BigInt64Array };
    }
  }
}

/** Gives Node a small pool of zero bytes in place of the one with the runs' bytes; a run begins a new one. */
function forgetPool(): void {
  const { poolSize } = Buffer;
  Buffer.poolSize = 16;
  const fromPool = (): ArrayBufferLike => Buffer.allocUnsafe(1).buffer;
  const used = fromPool();
  let pool = used;
  while (pool === used) pool = fromPool();
  new Uint8Array(pool).fill(0);
  Buffer.poolSize = poolSize;
}

const streamOf = (name: "stdout" | "stderr"): PropertyDescriptor =>
  Object.getOwnPropertyDescriptor(process, name) ?? {};

/** @throws Error where a run does not end as it should */
export async function train(startPages: StartPages | null): Promise<void> {
  for (const [path, text] of Object.entries(machine)) {
    mkdirSync(dirname(`${folder}/machine/${path}`), { recursive: true });
    writeFileSync(`${folder}/machine/${path}`, text);
  }
  symlinkSync(".", `${folder}/machine/sys/class/net/eth0/device/driver`);
  writeFileSync(`${folder}/ca.pem`, "");
  // The runs look at its time.
  utimesSync(`${folder}/ca.pem`, 0, 0);
  Object.defineProperty(process, "pid", { value: 1, configurable: true });
  writeFileSync(`${folder}/config.json`, JSON.stringify(settings), { mode: 0o600 });
  const { getBuiltinModule, reallyExit } = process;
  const streams = { stdout: streamOf("stdout"), stderr: streamOf("stderr") };
  const v8 = { ...getBuiltinModule("node:v8"), setFlagsFromString: () => {} };
  const replaced: Readonly<Record<string, unknown>> = { "node:v8": v8, "node:ffi": ffiForTraining };
  process.getBuiltinModule = ((name: string) => replaced[name] ?? getBuiltinModule(name)) as never;
  Object.assign(globalThis, { WebAssembly: webAssemblyForTraining });
  // Its keys are paths: the name of the build's folder would be in V8's string table while the runs fill it.
  const fs = process.getBuiltinModule("node:fs");
  const { realpathSync } = fs;
  realpathSync("/proc");
  const { native } = realpathSync;
  fs.realpathSync = Object.assign((path: string) => native(path), { native }) as typeof realpathSync;
  const { setTimeout } = globalThis;
  // Node's own timer would keep its expiry, with which later ones are compared.
  const timer = { ref: () => timer, unref: () => timer, refresh: () => timer };
  globalThis.setTimeout = (() => timer) as never;
  try {
    process.env["LINKUSER_CLIENT_SECRET"] = "training";
    const [person, service] = [trainingPlatform(1000), trainingPlatform(998)];
    if (startPages !== null) giveBack(startPages);
    const outcomes = [
      await run(person, "--user", "person", "--force", "--no-splay"),
      await run(person, "--user", "person", "--interface", "eth0"),
      await run(service, "--session", "1", "--will-repeat"),
      await run(person, "--user", "person", "--dry-run"),
    ];
    const expected = ["linked", "already-linked", "already-linked", "already-linked"];
    if (outcomes.join() !== expected.join()) throw new Error(`The training ended with ${outcomes.join(", ")}`);
  } finally {
    forgetLibc();
    process.reallyExit = reallyExit;
    Object.defineProperties(process, streams);
    for (const name of ["uncaughtException", "SIGTERM", "SIGINT", "SIGHUP"]) process.removeAllListeners(name);
    delete process.env["LINKUSER_CLIENT_SECRET"];
    globalThis.setTimeout = setTimeout;
    // Until the runs' connections and signals are closed: the order of all events shows in the snapshot.
    await new Promise<void>((settled) => setTimeout(settled, 50));
    fs.realpathSync = realpathSync;
    process.getBuiltinModule = getBuiltinModule;
    Reflect.deleteProperty(globalThis, "WebAssembly");
    forgetParser();
    rmSync(folder, { recursive: true });
    forgetPool();
    // The last answers of stat(2).
    const { statValues, bigintStatValues } = process.binding("fs");
    statValues.fill(0);
    bigintStatValues.fill(0n);
  }
}
