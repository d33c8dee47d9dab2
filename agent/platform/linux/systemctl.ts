import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { AgentError } from "../../errors.ts";

/** Runs systemctl(1) with these arguments. @throws AgentError `install-failed` */
export type Systemctl = (...args: readonly string[]) => void;

const program = "/usr/bin/systemctl";
/** Milliseconds; units are stopped within their TimeoutStopSec= of 10 s. */
const longest = 60_000;

/** Where systemd does not run (an image that is being built, a container) there is nobody to tell. */
export const systemctl: Systemctl = (...args) => {
  // sd_booted(3)
  if (!existsSync("/run/systemd/system")) return;
  try {
    execFileSync(program, args, { env: {}, stdio: ["ignore", "ignore", "pipe"], timeout: longest, encoding: "utf8" });
  } catch (cause) {
    const told = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    const why = told || (cause instanceof Error ? cause.message : String(cause));
    throw new AgentError("install-failed", `systemctl ${args.join(" ")} failed: ${why}`, { cause });
  }
};
