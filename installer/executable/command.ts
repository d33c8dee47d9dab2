import { spawnSync } from "node:child_process";

/**
 * Runs a build tool to its end and returns its standard output.
 * @param debianPackage named in the error if the tool is not installed
 * @param environment variables that are set or replaced beside this process's own
 * @throws Error with the tool's own output when it fails
 */
export function runCommand(
  tool: string,
  args: readonly string[],
  debianPackage?: string,
  environment: NodeJS.ProcessEnv = {},
): string {
  const env = { ...process.env, ...environment };
  const { error, status, signal, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8", env });
  if (error !== undefined) {
    const place = debianPackage === undefined ? "" : `: install Debian's package ${debianPackage}`;
    throw new Error("code" in error && error.code === "ENOENT" ? `${tool} is not installed${place}` : error.message);
  }
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}
