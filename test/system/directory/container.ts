import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const repository = realpathSync(resolve(import.meta.dirname, "../../.."));

/** The same paths inside and outside, so that the program under test starts alike in both. */
const shared = [repository, realpathSync(resolve(repository, "node_modules")), realpathSync(process.execPath)];

/** A booted Debian with systemd, whose changes go with it. */
export interface Container {
  readonly name: string;
  /** The container's first process, as this machine counts. */
  readonly leader: number;
}

export interface Booted extends Container {
  readonly process: ChildProcess;
}

/**
 * Boots a container from a read-only tree, with its own network and host name. It ends with this process, however that
 * ends: systemd-nspawn halts its container when it is terminated. (Killed, it would leave the container running.)
 */
export async function boot(tree: string, name: string): Promise<Booted> {
  const nspawn = spawn(
    "setpriv",
    [
      ...["--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"],
      ...["--volatile=overlay", "--private-network", "--console=pipe", "--link-journal=no"],
      ...[`--directory=${tree}`, `--machine=${name}`, `--bind-ro=${import.meta.dirname}:/opt/directory`],
      ...shared.map((path) => `--bind-ro=${path}`),
    ],
    { stdio: "ignore" },
  );
  for (let tries = 0; tries < 600; tries++) {
    if (nspawn.exitCode !== null) throw new Error(`the container ${name} ended with ${nspawn.exitCode}`);
    const leader = firstChild(nspawn.pid ?? 0);
    if (leader !== undefined && isBooted({ name, leader })) {
      // debootstrap leaves this machine's own name in the tree.
      runIn({ name, leader }, "hostname", name);
      return { name, leader, process: nspawn };
    }
    await wait(200);
  }
  nspawn.kill("SIGTERM");
  throw new Error(`the container ${name} did not boot within 2 min`);
}

function firstChild(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? undefined : Number(children.split(" ")[0]);
}

function isBooted(container: Container): boolean {
  return /^(?:running|degraded)$/m.test(tryIn(container, ["systemctl", "is-system-running"]).stdout);
}

/** The command that runs another one in the container, with a separate environment. */
export function inside({ leader }: Container): string[] {
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const enter = ["nsenter", `--target=${leader}`, "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"];
  return [...enter, "env", "--ignore-environment", path, "HOME=/root", "LANG=C.UTF-8"];
}

export function tryIn(
  container: Container,
  command: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const [first = "", ...rest] = [...inside(container), ...command];
  return spawnSync(first, rest, { encoding: "utf8", timeout: 600_000 });
}

/** @throws Error with what the command said, if it fails */
export function runIn(container: Container, ...command: readonly string[]): string {
  const { status, stdout, stderr } = tryIn(container, command);
  if (status !== 0) throw new Error(`${command.join(" ")} in ${container.name}: ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Runs a script of bash, which ends at its first failure. @returns its standard output */
export function shell(container: Container, script: string, input = ""): string {
  const [enter = "", ...rest] = [...inside(container), "bash", "-euc", script];
  return execFileSync(enter, rest, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

/** Ends a container at once, nothing in it is worth an orderly end; all in it die with its first process. */
export async function stop({ leader, process: nspawn }: Booted): Promise<void> {
  if (nspawn.exitCode !== null || nspawn.signalCode !== null) return;
  const ended = new Promise((resolve) => nspawn.once("exit", resolve));
  process.kill(leader, "SIGKILL");
  await ended;
}
