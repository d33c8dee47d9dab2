import { flagName, type SettingName, settingNames, settingsTable } from "../../agent/settings/table.ts";

/** A value that an administrator gives to Windows Installer: `msiexec /i … FLEETSIZE=2000`. */
export interface MsiProperty {
  readonly name: string;
  /** Of `linkuser-agent install`. */
  readonly flag: string;
  /** True for every right value and false for most wrong ones; the agent checks everything again. */
  readonly condition: string;
  /** Completes "… must be". */
  readonly allowed: string;
}

/** Holds a quotation mark, which a condition can't write. */
export const quotationMark = "QuotationMark";

/** The setting whose property would have the name of {@link credentialProperty}. The credential's place is fixed. */
const withoutProperty: SettingName = "credentialFile";

/** A property for each setting except that. An empty one leaves what is set. */
export const settingProperties: readonly MsiProperty[] = settingNames
  .filter((setting) => setting !== withoutProperty)
  .map((setting) => {
    const name = setting.toUpperCase();
    return {
      name,
      flag: flagName(setting),
      condition: [...formOf(setting, name), plain(name)].join(" AND "),
      allowed: settingsTable[setting].kind.allowed,
    };
  });

/** A file with the credential, which is taken in and deleted. */
export const credentialProperty: MsiProperty = {
  name: "CREDENTIALFILE",
  flag: "--credential-from",
  condition: `${absolute("CREDENTIALFILE")} AND ${plain("CREDENTIALFILE")}`,
  allowed: "the absolute path of a JSON file",
};

/** Keeps settings, state and log at an uninstallation. */
export const keepProperty = "KEEPSETTINGS";

/** Values that must not be on a command line, where everybody can read them. */
export const refusedSecrets = ["CLIENTSECRET", "ACCESSTOKEN"] as const;

/**
 * Conditions that Windows Installer itself can check before it changes anything
 * (https://learn.microsoft.com/windows/win32/msi/conditional-statement-syntax).
 */
function formOf(setting: SettingName, name: string): readonly string[] {
  const { kind } = settingsTable[setting];
  const is = (values: readonly string[]) => values.map((value) => `${name} = "${value}"`).join(" OR ");
  const begins = (starts: readonly string[]) => starts.map((start) => `${name} ~<< "${start}"`).join(" OR ");
  const ends = (tails: readonly string[]) => tails.map((tail) => `${name} >> "${tail}"`).join(" OR ");
  switch (kind.type) {
    case "number":
      return [`${name} >= ${kind.min}`, `${name} <= ${kind.max}`];
    case "choice":
      return [`(${is(kind.choices)})`];
    case "switch":
      return [`(${is(["true", "false", "1", "0"])})`];
    case "url":
      return [`(${[...(kind.words.length === 0 ? [] : [is(kind.words)]), begins(kind.schemes)].join(" OR ")})`];
    case "duration":
      return [`(${ends(["s", "m", "h", "d"])})`];
    case "rate":
      return [`${name} >< "/"`];
    case "path":
      return [absolute(name)];
    default:
      return [];
  }
}

function absolute(name: string): string {
  return `(${name} >< ":\\" OR ${name} >< ":/" OR ${name} << "\\\\" OR ${name} << "/")`;
}

/**
 * Arguments are in quotation marks: one inside, or a backslash before the last, would end the argument elsewhere.
 */
function plain(name: string): string {
  return `NOT (${name} >< ${quotationMark}) AND NOT (${name} >> "\\")`;
}
