import { runProgram } from "../run-program.ts";

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

const env = { LC_ALL: "en_US.UTF-8", PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

/** @throws AgentError `identity-unreadable` */
export const runTool: RunTool = (tool, ...parameters) =>
  runProgram(tools[tool], parameters, { env, failsInPart: failsInPart.has(tool) }).toString();
