import { type CommandLine, flagText } from "../cli/command-line.ts";
import { asAgentError } from "../errors.ts";
import { readUnjudged } from "../files/unreadable.ts";
import type { Platform } from "../platform/port.ts";
import { checkConsistency } from "../settings/consistency.ts";
import { environmentLayer, type Layer, type ResolvedSettings, resolveSettings } from "../settings/layers.ts";
import { settingFile } from "../settings/named-file.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import type { Settings } from "../settings/table.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Reads all layers of the settings.
 * @throws AgentError of an outcome `config-invalid` or `usage`
 */
export function loadSettings({ platform, environment }: Runtime, { flags, settings }: CommandLine): ResolvedSettings {
  const named = flagText(flags["config"]);
  const path = named ?? platform.paths.configFile;
  // A service is not privileged, but it holds the account's secret.
  const judged = platform.privileged || named === undefined;
  const file = judged ? platform.readTrusted(path) : readUnjudged(path);
  const resolved = resolveSettings([
    ...policyLayer(platform),
    settings,
    environmentLayer(environment),
    readSettingsFile(path, file, named !== undefined),
  ]);
  checkConsistency(resolved);
  refuseExposedFiles(resolved, platform);
  return resolved;
}

/** A file that others can change is refused at once; a missing or damaged one when it is used. */
function refuseExposedFiles(resolved: ResolvedSettings, platform: Platform): void {
  for (const name of ["caFile", "clientCertFile", "pacFile"] as const) {
    try {
      settingFile(name, resolved, platform)?.read();
    } catch (thrown) {
      if (asAgentError(thrown).code === "settings-exposed") throw thrown;
    }
  }
}

export function effectivePaths(
  platform: Platform,
  settings: Pick<Settings, "stateDir" | "logFile" | "credentialFile">,
) {
  return {
    stateDir: settings.stateDir ?? platform.paths.stateDir,
    logFile: settings.logFile ?? platform.paths.logFile,
    credentialFile: settings.credentialFile ?? platform.paths.credentialFile,
  };
}

/**
 * The layer of the management tool's settings; none if there is no policy.
 * @throws AgentError `settings-unreadable`
 */
export function policyLayer(platform: Platform): readonly Layer[] {
  const policy = platform.policy();
  if (policy.kind === "failed") throw policy.error;
  if (policy.kind === "absent") return [];
  const { origin, spelling, values } = policy.value;
  return [{ kind: "policy", location: origin, spelling, values }];
}
