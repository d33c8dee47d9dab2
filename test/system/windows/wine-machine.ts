import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchRuntime } from "../../../installer/executable/runtime.ts";
import { type Target, targets } from "../../../installer/executable/targets.ts";
import { endOfChild, firstLine } from "../support/child.ts";
import { forward } from "../support/forward.ts";
import { prepareWineTree, wineUser } from "./wine-tree.ts";

/** The fake computer, as `machine.sh` sets it up. */
export const hardware = {
  mac: "00:0c:29:f2:7a:29",
  /** The machine ID 4c8a2e917d3b4f60b15d9e72a6c8034f with the first three fields of a UUID little-endian. */
  uuid: "912e8a4c-3b7d-604f-b15d-9e72a6c8034f",
  adapter: "eth0",
} as const;

export interface EndedInWine {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WineRunOptions {
  /** Milliseconds after which the run is taken for hanging. Default: 120 s. */
  readonly limit?: number;
  /** Variables beside Wine's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A Windows computer of its own: Wine in namespaces, with a fresh Windows folder, ended with everything in it. */
export interface WineMachine extends AsyncDisposable {
  /** The folder that the machine sees as {@link sharedFolder}. */
  readonly folder: string;
  /** Runs a program, named as Windows would, to its end. */
  run(program: string, args: readonly string[], options?: WineRunOptions): Promise<EndedInWine>;
  /** Runs a Linux command inside the machine, as its user. */
  runLinux(command: readonly string[], options?: WineRunOptions): Promise<EndedInWine>;
  /** Makes a server of this process's loopback reachable under the same port of the machine's loopback. */
  forward(port: number): Promise<void>;
}

/** The sources of the executable. */
export function windowsTarget(): Target {
  const target = targets.find(({ name }) => name === "win-x64");
  if (target === undefined) throw new Error("there is no target win-x64");
  return target;
}

/** The path of {@link WineMachine.folder} inside Windows. */
export const sharedFolder = "Z:\\mnt";

const wineEnvironment = {
  PATH: "/usr/bin:/bin",
  HOME: "/home/user",
  LANG: "C.UTF-8",
  XDG_RUNTIME_DIR: "/tmp",
  WINEPREFIX: "/home/user/prefix",
  WINEDEBUG: "-all",
  WINEDLLOVERRIDES: "mscoree,mshtml=",
};

/** @param user of all processes; any name that Linux's passwd file can hold */
export async function startWineMachine(user = "alice"): Promise<WineMachine> {
  const tree = prepareWineTree();
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-wine-"))).path;
  chmodSync(folder, 0o777);
  const namespaces = ["--mount", "--net", "--pid", "--uts", "--fork", "--kill-child"];
  const script = join(import.meta.dirname, "machine.sh");
  const holder = spawn("unshare", [...namespaces, "sh", script, tree, folder, user], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = endOfChild(holder);
  made.defer(async () => {
    holder.stdin.on("error", () => {}).end();
    await ended;
  });
  const [, processId = ""] = (await firstLine(holder)).split(" ");

  function inside(command: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
    const enter = ["--target", processId, "--mount", "--net", "--pid", "--uts"];
    const variables = Object.entries({ ...wineEnvironment, ...environment }).map(([name, value]) => `${name}=${value}`);
    const identity = `--userspec=${wineUser.uid}:${wineUser.gid}`;
    return spawn("nsenter", [
      ...enter,
      "chroot",
      identity,
      tree,
      "env",
      "--ignore-environment",
      ...variables,
      ...command,
    ]);
  }

  async function runLinux(command: readonly string[], options: WineRunOptions = {}): Promise<EndedInWine> {
    const { limit = 120_000, environment = {}, input = "" } = options;
    // Ended inside, since a signal to nsenter would leave the program running.
    const child = inside(["timeout", "--signal=KILL", `${limit / 1000}`, ...command], environment);
    child.stdin?.on("error", () => {}).end(input);
    const ended = await end(child);
    if (ended.exitCode === 137) throw new Error(`${command.join(" ")} did not end within ${limit} ms: ${ended.stderr}`);
    return ended;
  }

  // A program under the name of the desktop's shell, as a logged-on user has one, that does nothing. It keeps Wine's
  // services running, which saves each program the seconds of their start, and keeps them from inheriting its pipes.
  copyFileSync(fetchRuntime(windowsTarget()), join(folder, "explorer.exe"));
  const start = 'exec </dev/null >/dev/null 2>&1; wine "$1" -e "$2" & wine explorer /desktop & exec wine cmd /c exit';
  await runLinux(["sh", "-c", start, "sh", `${sharedFolder}\\explorer.exe`, "setInterval(() => {}, 1e6)"]);

  const kept = made.move();
  const forwarded = new Set<number>();
  return {
    folder,
    run: (program, args, options) => runLinux(["wine", program, ...args], options),
    runLinux,
    forward: async (port) => {
      // A later test's server may get the port of an earlier one, whose forwarder still runs.
      if (forwarded.has(port)) return;
      forwarded.add(port);
      kept.use(await forward(port, "127.0.0.1", ["nsenter", "--target", processId, "--net"]));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function end(child: ChildProcess): Promise<EndedInWine> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 137, stdout, stderr }));
  });
}
