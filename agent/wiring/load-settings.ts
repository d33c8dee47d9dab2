import type { CommandLine } from "../cli/command-line.ts";
import type { Clock } from "../clock.ts";
import { AgentError, systemErrorCode } from "../errors.ts";
import type { Platform } from "../platform/port.ts";
import { checkConsistency } from "../settings/consistency.ts";
import { environmentLayer, type Layer, type ResolvedSettings, resolveSettings } from "../settings/layers.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import type { Settings } from "../settings/table.ts";

/** What a command gets from the process that runs it. */
export interface Runtime {
  readonly platform: Platform;
  /** Without what is not to be obeyed, see `settings/trusted-environment.ts`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of the variables that were left out of it. */
  readonly ignoredVariables: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether a person watches standard error. */
  readonly onTerminal: boolean;
  /** Whether standard output, and so the result, is shown there, too. */
  readonly resultBeside: boolean;
  /** Columns of that terminal. */
  readonly terminalWidth: () => number;
  /** Whether standard output is a terminal that shows colours. */
  readonly colour: boolean;
  readonly writeError: (text: string) => void;
  /** Aborted when the process is asked to end. */
  readonly interrupted: AbortSignal;
  /** This program's own file, absolute and without links; undefined where it runs from its sources. */
  readonly executable: () => string | undefined;
}

/** What a command tells, in both forms; `main.ts` prints one of them and ends with the exit code. */
export interface CommandResult {
  readonly exitCode: number;
  readonly document: object;
  readonly text: string;
}

/**
 * Reads all layers of the settings.
 * @throws AgentError of an outcome `config-invalid` or `usage`
 */
export function loadSettings({ platform, environment }: Runtime, { flags, settings }: CommandLine): ResolvedSettings {
  const named = typeof flags["config"] === "string" ? flags["config"] : undefined;
  const path = named ?? platform.paths.configFile;
  // A service has no rights of its own, but the account's secret.
  if (platform.privileged || named === undefined) refuseWritableByOthers(platform, path);
  const resolved = resolveSettings([
    ...policyLayer(platform),
    settings,
    environmentLayer(environment),
    readSettingsFile(path, named !== undefined),
  ]);
  checkConsistency(resolved);
  return resolved;
}

/** The paths in force: a setting, else the platform's own. */
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
 * The layer of the management tool's settings; none where there is no policy.
 * @throws AgentError `settings-unreadable`
 */
export function policyLayer(platform: Platform): readonly Layer[] {
  const policy = platform.policy();
  if (policy.kind === "failed") throw policy.error;
  if (policy.kind === "absent") return [];
  const { origin, spelling, values } = policy.value;
  return [{ kind: "policy", location: origin, spelling, values }];
}

/**
 * Whoever can change the settings of a run with rights could send the account's secret to a server of their own.
 * @throws AgentError `settings-exposed`, `settings-unreadable`
 */
export function refuseWritableByOthers(platform: Platform, path: string): void {
  const writable = platform.writableByOthers(path);
  if (writable.kind === "failed") {
    const { error } = writable;
    const remedy = systemErrorCode(error.cause) === "EACCES" ? " It holds no secret: let everybody read it." : "";
    throw new AgentError("settings-unreadable", `The settings file ${error.message}${remedy}`, { cause: error });
  }
  if (writable.kind === "found" && writable.value) {
    const { why, remedy } = writable.value;
    const finding = `The settings file ${path} can be changed by ordinary users: ${why}.`;
    throw new AgentError("settings-exposed", finding, { remedy });
  }
}
