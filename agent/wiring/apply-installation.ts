import type { CommandLine } from "../cli/command-line.ts";
import { AgentError, asAgentError } from "../errors.ts";
import { applySteps } from "../platform/install-steps.ts";
import type { InstallStep, Platform } from "../platform/port.ts";
import { printable } from "../printable.ts";
import type { CommandResult } from "./runtime.ts";

/** @throws AgentError `not-permitted` */
export function refuseWithoutRights({ privileged, name }: Platform, command: string): void {
  if (privileged) return;
  const how = name === "windows" ? "from an elevated prompt" : `as root: sudo linkuser-agent ${command}`;
  throw new AgentError("not-permitted", `Only an administrator can ${command} linkuser-agent. Run it ${how}.`);
}

/**
 * Does a command's work and writes a failure to the event log, because the output of a program that an installer starts
 * is not shown.
 * @throws AgentError of that work
 */
export async function reportingFailure<T>(
  command: "install" | "uninstall",
  platform: Pick<Platform, "reportEvent">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = asAgentError(thrown);
    platform.reportEvent(error.outcome, `${command}: ${error.message}`);
    throw error;
  }
}

/** @throws AgentError `invalid-value` */
export function refuseOtherFile(flags: CommandLine["flags"]): void {
  if (flags["config"] === undefined) return;
  throw new AgentError(
    "invalid-value",
    "--config can't be used with this command: the logon trigger reads only the default settings file.",
  );
}

/**
 * Carries out the steps, or with `dryRun` only lists them. If a step fails, those before it are undone.
 * @throws AgentError of that step
 */
export function carryOut(
  done: "installed" | "uninstalled",
  steps: readonly InstallStep[],
  warnings: readonly string[],
  dryRun: boolean,
): CommandResult {
  if (!dryRun) applySteps(steps);
  const outcome = dryRun ? "dry-run" : done;
  const changes = steps.filter(({ change }) => change !== "keep" && change !== "absent").length;
  const message = changes === 0 ? "Nothing to change." : dryRun ? "Nothing was changed." : "Done.";
  return {
    exitCode: 0,
    document: { outcome, message, steps: steps.map(({ what, change }) => ({ what, change })), warnings },
    text: [
      `${outcome}: ${message}`,
      ...steps.map(({ what, change }) => `  ${change.padEnd(6)}  ${printable(what)}`),
      ...warnings.map((warning) => `  warning  ${printable(warning, 1000)}`),
    ].join("\n"),
  };
}
