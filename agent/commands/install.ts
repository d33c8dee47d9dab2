import { type CommandLine, flagText } from "../cli/command-line.ts";
import { AgentError } from "../errors.ts";
import { absent } from "../reading.ts";
import { checkConsistency } from "../settings/consistency.ts";
import { type Layer, type ResolvedSettings, resolveSettings } from "../settings/layers.ts";
import { settingFile } from "../settings/named-file.ts";
import { suggestion } from "../settings/nearest.ts";
import { readCaFile } from "../settings/pem-certificates.ts";
import { mergeIntoFile, readSettingsFile } from "../settings/settings-file.ts";
import { flagName, type SettingName, settingNames } from "../settings/table.ts";
import { carryOut, refuseOtherFile, refuseWithoutRights, reportingFailure } from "../wiring/apply-installation.ts";
import { policyLayer } from "../wiring/load-settings.ts";
import { clientCertificate } from "../wiring/network/load-client-certificate.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";
import { faultsOf, takeCredential } from "../wiring/take-credential.ts";

/**
 * Puts the logon trigger, the protected credential and the given settings in place, or with `--dry-run` shows how.
 * Everything is validated before anything is changed; correct parts are kept.
 */
export async function install(runtime: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  return await reportingFailure("install", runtime.platform, () => installed(runtime, commandLine));
}

async function installed(runtime: Runtime, { flags, settings: given }: CommandLine): Promise<CommandResult> {
  const { platform } = runtime;
  refuseWithoutRights(platform, "install");
  refuseOtherFile(flags);
  const executable = runtime.executable();
  if (executable === undefined) {
    throw new AgentError("install-failed", "Only a built executable can be installed; this one runs from its sources.");
  }
  resolveSettings([given]);
  const { configFile } = platform.paths;
  const isPlanted = (await platform.settingsArePlanted?.()) === true;
  const inPlace = isPlanted ? absent(configFile, "no administrator made it") : platform.readTrusted(configFile);
  const merged = mergeIntoFile(
    readSettingsFile(configFile, inPlace, false),
    given.values,
    settingsToUnset(flagText(flags["unset"]), given.values),
  );
  const resolved = resolveSettings([...policyLayer(platform), merged.layer]);
  checkConsistency(resolved);
  const unusable = platform.unusableForTrigger?.(resolved);
  if (unusable !== undefined) throw unusable;
  const source = flagText(flags["credential-from"]);
  const taken = takeCredential(source, flags["delete-source"] === true, platform, resolved);

  const steps = [
    ...(await platform.installSteps({ executable, credential: taken.credential, settings: merged.text })),
    ...taken.steps,
  ];
  const warnings = [
    ...taken.warnings,
    ...certificateFaults(runtime, resolved),
    ...overruled(merged.layer, resolved, given.values),
  ];
  const result = carryOut("installed", steps, warnings, flags["dry-run"] === true);
  if (taken.credential === undefined || flags["dry-run"] === true) return result;
  return { ...result, text: `${result.text}\nnext: linkuser-agent doctor` };
}

/** @throws AgentError `invalid-value` */
function settingsToUnset(list: string | undefined, given: CommandLine["settings"]["values"]): readonly SettingName[] {
  return (list?.split(",") ?? []).map((word) => {
    const spelled = word.trim();
    const name = settingNames.find((one) => one === spelled || flagName(one) === spelled);
    if (name === undefined) {
      throw new AgentError(
        "invalid-value",
        `--unset: there is no setting ${spelled}.${suggestion(spelled, settingNames)}`,
      );
    }
    if (Object.hasOwn(given, name)) {
      throw new AgentError("invalid-value", `--unset ${name}: ${flagName(name)} sets it. Use only one of them.`);
    }
    return name;
  });
}

/** Why a run could not use the certificates that the settings name; they may be put there later. */
function certificateFaults(runtime: Runtime, resolved: ResolvedSettings): readonly string[] {
  const caFile = settingFile("caFile", resolved, runtime.platform);
  const readClient = clientCertificate(runtime, resolved);
  return [
    ...(caFile === undefined ? [] : faultsOf(() => readCaFile(caFile))),
    ...(readClient === undefined ? [] : faultsOf(readClient)),
  ];
}

function overruled(
  { location }: Layer,
  { origins }: ResolvedSettings,
  given: CommandLine["settings"]["values"],
): readonly string[] {
  const names = Object.keys(given) as SettingName[];
  return names
    .filter((name) => origins[name].kind === "policy")
    .map((name) => `${flagName(name)} has no effect: ${origins[name].text} beats ${location}.`);
}
