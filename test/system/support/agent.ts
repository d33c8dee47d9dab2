import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import type { Gears } from "../../fakes/gears.ts";
import type { GearsEndpoint } from "../../fakes/gears-api.ts";

const repository = resolve(import.meta.dirname, "../../..");
const executable = process.env["LINKUSER_EXECUTABLE"];

/** As the built executables have it: installer/executable/sea.ts. */
const systemStore = process.platform === "linux" ? "--use-openssl-ca" : "--use-system-ca";

/** The program under test: the built executable that LINKUSER_EXECUTABLE names, else the sources. */
const programUnderTest: readonly string[] =
  executable === undefined
    ? [process.execPath, "--disable-warning=ExperimentalWarning", systemStore, join(repository, "agent/main.ts")]
    : [resolve(executable)];

/** Node keeps the sources without types there, which saves two thirds of each run's time. */
const compileCache = { NODE_COMPILE_CACHE: join(repository, "node_modules/.cache/node-compile") };

/** An account of this machine that may be linked: the one that runs the tests. */
export const caller = userInfo().username;

/** An adapter of this machine, so that there is an identifier in a container too; its MAC address is a real one. */
const adapter = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ mac, internal }) => !internal && mac !== "00:00:00:00:00:00"),
)?.[0];

/**
 * Settings by which a run ends after its first failed attempt, at once and however slow the machine is: the second one is
 * at any moment of the next hour, nearly always after the deadline.
 */
export const oneAttempt = { retryInitialDelay: "1h", retryMaxDelay: "1h" } as const;

/** Milliseconds after which a run is taken for hanging and killed. */
const hanging = 120_000;

/** The results of a run of the program. */
export interface Ended {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The JSON document of a run; which fields there are depends on the outcome. */
export interface Document {
  readonly outcome: string;
  readonly message: string;
  readonly device?: { readonly value: string; readonly opt: number; readonly source: string; readonly detail: string };
  readonly username?: string;
  readonly group?: string;
  readonly requests?: { readonly token: number; readonly linkUser: number };
  readonly elapsedMs?: number;
  readonly error?: { readonly code: string };
  readonly [field: string]: unknown;
}

export interface Reported extends Ended {
  readonly document: Document;
}

export interface RunOptions {
  /** The whole environment; the caller's own is not passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that runs the program, such as `["sh", "-c", 'ulimit -f 1; exec "$@"', "sh"]`. */
  readonly within?: readonly string[];
  /** Another program than the one under test. */
  readonly program?: readonly string[];
}

/** Starts the program without waiting for it. */
export function start(
  args: readonly string[],
  { environment = {}, within = [], program = programUnderTest }: RunOptions = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const [command = "", ...rest] = [...within, ...program, ...args];
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], ...(executable === undefined && compileCache), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: hanging,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  return { child, ended };
}

/**
 * A command that runs the program with this file as the machine's settings file, in a separate mount namespace: a run
 * by sudo accepts no file by a flag. Needs the right to mount.
 */
const withMachineSettings = (settingsFile: string): readonly string[] => [
  "unshare",
  "-m",
  "sh",
  "-ec",
  `mount -t tmpfs -o mode=755 tmpfs /mnt; cp -a /etc /mnt/etc; mkdir -p /mnt/etc/linkuser-agent
  cp "$1" /mnt/etc/linkuser-agent/config.json; mount --bind /mnt/etc /etc; shift; exec "$@"`,
  "sh",
  settingsFile,
];

/** Whether this machine lets the tests mount. */
export const canMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

const startedBySudo = ({ environment }: RunOptions): boolean => environment?.["SUDO_UID"] !== undefined && canMount;

/** One endpoint as an administrator sets it up: a settings file, a state directory, a log, a secret. */
export interface Endpoint extends Disposable {
  readonly directory: string;
  readonly settingsFile: string;
  readonly stateDir: string;
  readonly stateFile: string;
  readonly logFile: string;
  /** Changes settings in the settings file; undefined takes one out. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** The flags that make a run use this endpoint's settings and user. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the program to its end, with the settings file; nothing secret may be seen afterwards. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** `link --json` for the caller at once, with exactly one document on standard output. */
  link(flags?: readonly string[], options?: RunOptions): Promise<Reported>;
  /** The same, ended by a signal at the start of the call of this number and kind. */
  linkUntilCall(asked: GearsEndpoint, count: number): Promise<Reported>;
  /** Fails where a secret of the server is in the text, the state or the log. */
  huntSecrets(text: string): void;
}

/** Sets up an endpoint in a directory of its own, which is removed at the end. */
export function setUpEndpoint(gears: Gears, settings: Readonly<Record<string, unknown>> = {}): Endpoint {
  const directory = mkdtempSync(join(tmpdir(), "linkuser-agent-test-"));
  const settingsFile = join(directory, "config.json");
  const stateDir = join(directory, "state");
  const logFile = join(directory, "log", "linkuser-agent.log");
  const environment = { HOME: directory, LINKUSER_CLIENT_SECRET: gears.clientSecret };
  let inForce: Record<string, unknown> = {
    baseUrl: gears.baseUrl,
    clientId: gears.clientId,
    identify: ["mac", "hwid"],
    excludeUsers: [],
    interface: adapter,
    proxy: "none",
    stateDir,
    logFile,
    splay: "0s",
    deadline: "60s",
    requestTimeout: "30s",
    retryInitialDelay: "10ms",
    retryMaxDelay: "50ms",
  };
  const configure = (changed: Readonly<Record<string, unknown>>): void => {
    inForce = { ...inForce, ...changed };
    writeFileSync(settingsFile, JSON.stringify(inForce), { mode: 0o600 });
  };
  configure(settings);

  function huntSecrets(text: string): void {
    const kept = [stateDir, join(directory, "log")].flatMap(contents).join("\n");
    for (const secret of gears.secrets) {
      for (const form of new Set([secret, encodeURIComponent(secret)])) {
        if (`${text}\n${kept}`.includes(form)) expect.fail(`a secret can be seen in:\n${text}\n${kept}`);
      }
    }
  }

  async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { ended } = startedBySudo(options)
      ? start(args, { ...options, within: withMachineSettings(settingsFile) })
      : start([...args, "--config", settingsFile], { environment, ...options });
    const result = await ended;
    huntSecrets(`${result.stdout}\n${result.stderr}`);
    return result;
  }

  const flags = ["--user", caller];
  return {
    directory,
    settingsFile,
    stateDir,
    stateFile: join(stateDir, "state.json"),
    logFile,
    configure,
    flags,
    environment,
    run,
    link: async (more = [], options = {}) => withDocument(await run(["link", "--json", ...flags, ...more], options)),
    linkUntilCall: async (asked, count) => {
      const { child, ended } = start(["link", "--json", ...flags, "--config", settingsFile], { environment });
      // Once: a second signal would end the process without an answer.
      gears.onCall(({ endpoint }) => {
        if (endpoint === asked && gears.callsOf(asked).length === count) child.kill("SIGTERM");
      });
      const reported = withDocument(await ended);
      huntSecrets(`${reported.stdout}\n${reported.stderr}`);
      expect(gears.callsOf(asked).length).toBeGreaterThanOrEqual(count);
      return reported;
    },
    huntSecrets,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Reads standard output as exactly one JSON document. */
export function withDocument(ended: Ended): Reported {
  try {
    const document: unknown = JSON.parse(ended.stdout);
    expect(document).toBeTypeOf("object");
    return { ...ended, document: document as Document };
  } catch (cause) {
    throw new Error(`not one JSON document: ${JSON.stringify(ended)}`, { cause });
  }
}

/** The texts of all files in a directory; none if it does not exist. */
function contents(directory: string): string[] {
  try {
    const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
