import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Call } from "../../fakes/gears.ts";
import { boot, inside, runIn, stop, tryIn } from "../directory/container.ts";
import { startGearsIn } from "../directory/gears-in.ts";

/** What is installed; `npm run test:install` builds it. */
export const builtExecutable = resolve(import.meta.dirname, "../../../dist/linkuser-agent-linux-x64");

/** A booted Debian in a container, with a fake Gears on its loopback. */
export interface LinuxMachine extends AsyncDisposable {
  readonly gears: { readonly baseUrl: string; readonly clientId: string; readonly clientSecret: string };
  /** All calls to the fake Gears. */
  readonly calls: readonly Call[];
  /** Runs a command as root. @throws Error with its output if it fails */
  run(...command: readonly string[]): string;
  /** Runs a command as root; a failure is no error. */
  try(...command: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
  /** Runs rpm(8) of the outer machine on this one, whose systemd the package's scripts talk to. @throws Error */
  rpm(...args: readonly string[]): string;
  /** Runs a shell script as root, with a text as its standard input. */
  shell(script: string, input?: string): string;
  /** Opens a logind session of a person at the screen, as a display manager does, in a unit of this name. */
  logOn(user: string, unit: string): void;
  /**
   * The exit codes of all runs that sessions have started so far, in their order; `done` where systemd reports success.
   */
  runsOfSessions(): readonly string[];
  /** What the units of this name or pattern have logged so far; the last lines of a run may come after its end. */
  journal(units: string): string;
  /** Asks until the answer is there. @throws Error after a minute */
  until<T>(what: string, ask: () => T | undefined): Promise<T>;
}

/** @param release of Debian, by its code name */
export async function startMachine(name: string, release = "bookworm"): Promise<LinuxMachine> {
  if (process.geteuid?.() !== 0) throw new Error("the installation tests boot containers: run them as root");
  const prepare = resolve(import.meta.dirname, "../support/prepare.sh");
  const tree = execFileSync(prepare, [release], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
  const container = await boot(tree, name);
  const made = new AsyncDisposableStack();
  made.defer(() => stop(container));
  try {
    const { keys: gears, calls } = made.use(await startGearsIn(container));
    const kept = made.move();
    return {
      gears,
      calls,
      run: (...command) => runIn(container, ...command),
      logOn: (user, unit) => void runIn(container, ...logon(user, unit)),
      // Fails until there is such a unit.
      runsOfSessions: () => endsIn(tryIn(container, journalOfSessions).stdout),
      journal: (units) => runIn(container, "journalctl", "--quiet", "--output=cat", `--unit=${units}`),
      try: (...command) => tryIn(container, command),
      rpm: (...args) => {
        const namespaces = ["--pid", "--ipc", "--net", "--uts"];
        const command = [...namespaces, "rpm", `--root=/proc/${container.leader}/root`, ...args];
        const { status, stdout, stderr } = spawnSync("nsenter", [`--target=${container.leader}`, ...command], {
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(`rpm ${args.join(" ")}: ${status}\n${stdout}\n${stderr}`);
        return stdout;
      },
      shell: (script, input = "") => {
        const [enter = "", ...command] = [...inside(container), "sh", "-euc", script];
        return execFileSync(enter, command, { input, encoding: "utf8" });
      },
      until: async (what, ask) => {
        for (let tries = 0; tries < 1200; tries++) {
          const answer = ask();
          if (answer !== undefined) return answer;
          await wait(50);
        }
        throw new Error(`${what}: not within a minute`);
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    await made.disposeAsync();
    throw error;
  }
}

function logon(user: string, unit: string): readonly string[] {
  const session = ["XDG_SEAT=seat0", "XDG_SESSION_TYPE=wayland", "XDG_SESSION_CLASS=user"];
  const pam = ["--property=PAMName=login", `--property=User=${user}`];
  const variables = session.flatMap((one) => ["-E", one]);
  return ["systemd-run", "--quiet", `--unit=${unit}`, ...pam, ...variables, "sleep", "infinity"];
}

const journalOfSessions = ["journalctl", "--quiet", "--output=json", "--unit=linkuser-agent@*"];

function endsIn(journal: string): readonly string[] {
  const entries = journal
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, string>);
  return entries.flatMap(({ EXIT_STATUS, EXIT_CODE, MESSAGE = "" }) => {
    if (EXIT_CODE !== undefined) return [String(EXIT_STATUS)];
    return /^linkuser-agent@.*: Deactivated successfully\.$/.test(MESSAGE) ? ["done"] : [];
  });
}
