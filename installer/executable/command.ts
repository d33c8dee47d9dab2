import { spawnSync } from "node:child_process";

/**
 * Runs a build tool to its end and returns its standard output.
 * @param missing what to tell the person at the keyboard when the tool isn't installed
 * @param environment variables that are set or replaced beside this process's own
 * @throws Error with the tool's own output when it fails
 */
export function runTool(
  tool: string,
  args: readonly string[],
  missing = `${tool} is not installed`,
  environment: NodeJS.ProcessEnv = {},
): string {
  const env = { ...process.env, ...environment };
  const { error, status, signal, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8", env });
  if (error !== undefined) throw new Error("code" in error && error.code === "ENOENT" ? missing : error.message);
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}
