import { type CommandLine, refuseSettings } from "../cli/command-line.ts";
import type { Platform } from "../platform/port.ts";
import { resolveSettings } from "../settings/layers.ts";
import { carryOut, refuseOtherFile, refuseWithoutRights, reportingFailure } from "../wiring/apply-installation.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

export async function uninstall({ platform }: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  return await reportingFailure("uninstall", platform, () => uninstalled(platform, commandLine));
}

async function uninstalled(platform: Platform, commandLine: CommandLine): Promise<CommandResult> {
  const { flags, settings } = commandLine;
  refuseWithoutRights(platform, "uninstall");
  refuseOtherFile(flags);
  resolveSettings([settings]);
  refuseSettings(commandLine);
  const steps = await platform.uninstallSteps(flags["purge"] === true);
  return carryOut("uninstalled", steps, [], flags["dry-run"] === true);
}
