import { existsSync } from "node:fs";
import { AgentError, messageOf } from "../../../errors.ts";
import { serviceAccount, sysusersLine } from "./service-account.ts";

/**
 * Runs systemctl(1) and returns what it prints, nothing where systemd does not run.
 * @throws AgentError `install-failed`
 */
export type Systemctl = (...args: readonly string[]) => string;

/** Without a running systemd (an image that is being built, a container) there is nothing to do. */
export const systemctl: Systemctl = (...args) =>
  // sd_booted(3)
  existsSync("/run/systemd/system") ? run("/usr/bin/systemctl", ...args) : "";

/** Makes and removes the account in this machine's files, and asks the name service for it. */
export const accountTools = {
  /** @throws AgentError `install-failed` */
  add: (): void => {
    // With a root it uses only this machine's files, even if a directory has the name.
    run("/usr/bin/systemd-sysusers", "--root=/", "--inline", sysusersLine);
  },
  /** Leaves the account where there is no program to remove it. */
  remove: (): void => {
    unlessItFails(() => run("/usr/sbin/userdel", serviceAccount));
  },
  /** The user ID according to NSS; undefined if there is none. */
  ask: (): number | undefined => {
    const line = unlessItFails(() => run("/usr/bin/getent", "passwd", serviceAccount));
    return line === undefined ? undefined : Number(line.split(":")[2]);
  },
};

export type AccountTools = typeof accountTools;

function unlessItFails(act: () => string): string | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return undefined;
  }
}

/** Milliseconds; units are stopped within their TimeoutStopSec= of 10 s, a directory may not answer. */
const limit = 60_000;

/** @throws AgentError `install-failed` */
function run(program: string, ...args: readonly string[]): string {
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    const options = { env: {}, timeout: limit, encoding: "utf8" } as const;
    return execFileSync(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  } catch (cause) {
    const printed = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    const name = program.slice(program.lastIndexOf("/") + 1);
    throw new AgentError("install-failed", `${name} ${args.join(" ")} failed: ${printed || messageOf(cause)}`, {
      cause,
    });
  }
}
