import { AgentError, systemErrorCode } from "../errors.ts";
import { reasonOf } from "../files/open-file.ts";

interface RunOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether what it printed counts although it ended with a failure. */
  readonly failsInPart?: boolean;
  /** Milliseconds; some ask a directory that is far away. */
  readonly limit?: number;
}

/**
 * Runs one of the system's programs to its end, without a shell.
 * @param path absolute
 * @returns its standard output
 * @throws AgentError `identity-unreadable`
 */
export function runProgram(
  path: string,
  parameters: readonly string[],
  { env, failsInPart = false, limit = 20_000 }: RunOptions,
): Buffer {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { error, status, signal, stdout, stderr } = spawnSync(path, parameters, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
    timeout: limit,
    windowsHide: true,
  });
  if (error === undefined && (status === 0 || (failsInPart && stdout.length > 0))) return stdout;
  throw new AgentError("identity-unreadable", `${path} ${why()}.`, { cause: error });

  function why(): string {
    if (error === undefined) return `ended with ${status ?? signal}: ${firstLineOf(stderr)}`;
    if (systemErrorCode(error) === "ENOENT") return "is not installed";
    return systemErrorCode(error) === "ETIMEDOUT"
      ? `did not end within ${limit / 1000} s`
      : `can't be run: ${reasonOf(error)}`;
  }
}

const firstLineOf = (printed: Buffer): string => printed.toString().trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
