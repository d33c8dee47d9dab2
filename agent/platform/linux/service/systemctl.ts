import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { AgentError, messageOf } from "../../../errors.ts";

/**
 * Runs systemctl(1) and returns what it prints, nothing where systemd does not run.
 * @throws AgentError `install-failed`
 */
export type Systemctl = (...args: readonly string[]) => string;

const program = "/usr/bin/systemctl";
/** Milliseconds; units are stopped within their TimeoutStopSec= of 10 s. */
const longest = 60_000;

/** Where systemd does not run (an image that is being built, a container) there is nobody to tell. */
export const systemctl: Systemctl = (...args) => {
  // sd_booted(3)
  if (!existsSync("/run/systemd/system")) return "";
  try {
    const options = { env: {}, timeout: longest, encoding: "utf8" } as const;
    return execFileSync(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  } catch (cause) {
    const told = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    const why = told || messageOf(cause);
    throw new AgentError("install-failed", `systemctl ${args.join(" ")} failed: ${why}`, { cause });
  }
};
