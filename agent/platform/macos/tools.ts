import { AgentError, systemErrorCode } from "../../errors.ts";
import { reasonOf } from "../../files/open-file.ts";

/** The system's own programs that are run, regardless of PATH. All of them are part of every macOS. */
export const tools = {
  dscl: "/usr/bin/dscl",
  ifconfig: "/sbin/ifconfig",
  ioreg: "/usr/sbin/ioreg",
  launchctl: "/bin/launchctl",
  lsof: "/usr/sbin/lsof",
  netstat: "/usr/sbin/netstat",
  networksetup: "/usr/sbin/networksetup",
  plutil: "/usr/bin/plutil",
  scutil: "/usr/sbin/scutil",
  stat: "/usr/bin/stat",
} as const;

export type Tool = keyof typeof tools;

/** Runs one of the system's programs to its end and gives its standard output. @throws AgentError */
export type RunTool = (tool: Tool, ...parameters: readonly string[]) => string;

/**
 * `dscl` may fail for one missing attribute and print the others; their reader notices what is missing. `lsof` fails
 * where it can't look into one of many file systems.
 */
const failsInPart: ReadonlySet<Tool> = new Set<Tool>(["dscl", "lsof"]);

/** Milliseconds; `dscl` may ask a directory that is far away. */
const limit = 20_000;

/** Runs a tool, at most for 20 s. @throws AgentError `identity-unreadable` */
export const runTool: RunTool = (tool, ...parameters) =>
  runProgram(tools[tool], parameters, { limit, failsInPart: failsInPart.has(tool) });

/** Characters of standard error that are shown. */
const maxReason = 200;

/**
 * Runs a program without a shell and with a fixed environment.
 * @returns its standard output
 * @param options.limit milliseconds
 * @param options.failsInPart whether what it printed counts although it ended with a failure
 * @throws AgentError `identity-unreadable`
 */
export function runProgram(
  path: string,
  parameters: readonly string[],
  options: { readonly limit: number; readonly failsInPart: boolean },
): string {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { error, status, signal, stdout, stderr } = spawnSync(path, parameters, {
    encoding: "utf8",
    env: { LC_ALL: "en_US.UTF-8", PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    input: "",
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
    timeout: options.limit,
  });
  if (error === undefined && (status === 0 || (options.failsInPart && stdout !== ""))) return stdout;
  throw new AgentError("identity-unreadable", `${path} ${why()}.`, { cause: error });

  function why(): string {
    if (error === undefined) return `ended with ${status ?? signal}: ${stderr.trim().slice(0, maxReason)}`;
    const code = systemErrorCode(error);
    return code === "ETIMEDOUT" ? `did not end within ${options.limit / 1000} s` : `can't be run: ${reasonOf(error)}`;
  }
}
