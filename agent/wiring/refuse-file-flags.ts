import { dirname, resolve } from "node:path";
import { type CommandLine, flagText } from "../cli/command-line.ts";
import { AgentError } from "../errors.ts";
import { isSharedFolder } from "../files/trusted-path.ts";
import { flagName, type SettingName, settingsTable } from "../settings/table.ts";

/** Flags that are no settings and name a file to read or write. */
const fileFlags = ["config", "svg"];

/**
 * With a sudo rule for only this program, file flags would let its user read and write any file as root, so such a run
 * takes files only from the settings and the policy. `install` takes them as settings: a user who may run it
 * administers the agent.
 * @throws AgentError `invalid-value`
 */
export function refuseFileFlags({ command, flags, settings }: CommandLine): void {
  if (command === "install" || command === "uninstall") return;
  const bundle = flagText(flags["bundle"]);
  if (bundle !== undefined && !isSharedFolder(dirname(resolve(bundle)))) {
    throw refusal("--bundle", "Name a new file in /tmp.");
  }
  const named = [
    ...fileFlags.filter((name) => flags[name] !== undefined).map((name) => `--${name}`),
    ...Object.keys(settings.values)
      .map((name) => name as SettingName)
      .filter((name) => settingsTable[name].kind.type === "path")
      .map(flagName),
  ];
  if (named.length > 0) throw refusal(named.join(", "), "Set it in the settings file, or leave sudo out.");
}

function refusal(named: string, instead: string): AgentError {
  const message = `${named}: not allowed in a run as root that a person started (sudo), because it could read or write any file. ${instead}`;
  return new AgentError("invalid-value", message);
}
