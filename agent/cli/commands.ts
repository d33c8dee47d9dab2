import { type SettingName, settingNames } from "../settings/table.ts";

/** A flag that is no setting. Those with a placeholder take a value. */
export interface CommandFlag {
  readonly placeholder?: string;
  /** Its one-letter form, without the dash. */
  readonly short?: string;
  /** The flag of the same command without which this one has no effect. */
  readonly needs?: string;
  /** The flag of the same command beside which this one has no effect. */
  readonly excludes?: string;
  readonly help: string;
}

interface Command {
  readonly summary: string;
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** Arguments after the program's name, each with what they do. */
  readonly examples: readonly (readonly [string, string])[];
  /** The name of the command's argument, which is kept among its flags. */
  readonly argument?: string;
  /** Settings that change what this command does; others are taken and ignored, so that scripts can pass one set. */
  readonly settings: readonly SettingName[];
  /**
   * An empty value counts as not given, for callers that pass everything they have (Windows Installer's properties).
   */
  readonly emptyIsNotGiven?: true;
}

export const commonFlags = {
  json: { help: "print exactly one JSON document" },
  config: { placeholder: "FILE", help: "read this settings file instead of the default one" },
  help: { short: "h", help: "show help; after a command, its flags" },
  "help-all": { help: "show help with every setting" },
  version: { short: "V", help: "show the version" },
} as const satisfies Readonly<Record<string, CommandFlag>>;

/** Shells for which `completion` has a script. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/**
 * Names and flags are public. CONTRACT. To add a command: an entry here, its function in `commands/NAME.ts`, a line in
 * `main.ts` (the compiler asks for it) and a row in README.md (`test/docs.test.ts` does).
 */
const table = {
  link: {
    summary: "link this device to its logged-on user, once (the default)",
    flags: {
      "dry-run": { help: "look everything up and show the request, but send nothing" },
      force: { help: "link even if already linked" },
      "no-splay": { help: "start at once, without waiting for this device's turn" },
      "will-repeat": { help: "for a caller that runs this again: end instead of waiting more than 15 min" },
      user: { placeholder: "NAME", help: "link this user (only administrators may name another user)" },
      session: { placeholder: "ID", help: "link the user of this logon session", excludes: "user" },
    },
    examples: [
      ["--dry-run", "show the request; send nothing"],
      ["--force", "link again, even if already linked"],
    ],
    settings: settingNames,
  },
  doctor: {
    summary: "check everything that a link needs, and name the next step for each fault; links nothing",
    flags: {
      user: { placeholder: "NAME", help: "look up this user instead of the logged-on user" },
      compare: { help: "also compare each reading with the system's own tools, and list what a person has to check" },
      "ask-server": {
        help: "also ask the server which of this device's identifiers it knows: one API call",
      },
      bundle: { placeholder: "FILE", help: "write a support file without secrets: checks, settings, end of the log" },
    },
    examples: [
      ["doctor", "check this machine, with a next step for each fault"],
      ["doctor --user alice", "check everything that linking alice needs"],
    ],
    settings: settingNames,
  },
  status: {
    summary: "show the last outcome on this machine",
    flags: {},
    examples: [["status --json", "for scripts: with the last run's exit code"]],
    settings: ["stateDir", "relinkAfter"],
  },
  plan: {
    summary: "forecast how long a rollout takes and which settings suit it",
    flags: {
      devices: { placeholder: "N", help: "devices in the rollout (required)" },
      "logon-spread": { placeholder: "DURATION", help: "time within which the devices first log on [1h]" },
      "token-calls": { help: "token requests count against the rate limit, too" },
      svg: { placeholder: "FILE", help: "draw the rollout into this file" },
    },
    examples: [
      ["plan --devices 2000", "compare settings for 2,000 devices"],
      ["plan --devices 2000 --svg plan.svg", "the same, with a picture of the rollout"],
    ],
    settings: ["rateLimit", "splay"],
  },
  config: {
    summary: "show every setting's effective value and where it comes from",
    flags: {},
    examples: [["config", "see which layer decides each setting"]],
    settings: settingNames,
  },
  install: {
    summary: "put the logon trigger, the protected credential and the given settings in place",
    flags: {
      "credential-from": {
        placeholder: "FILE",
        help: "read the credential from this file (- for standard input)",
      },
      "delete-source": { help: "delete that file once everything is in place", needs: "credential-from" },
      unset: { placeholder: "NAME,…", help: "remove these settings from the settings file" },
      "dry-run": { help: "show what would be changed, but change nothing" },
    },
    examples: [
      ["install --credential-from key.json", "install the credential and the logon trigger"],
      ["install --fleet-size 2000", "change a setting of the installed agent"],
      ["install --unset fleetSize", "reset it to its default"],
    ],
    settings: settingNames,
    emptyIsNotGiven: true,
  },
  uninstall: {
    summary: "remove the logon trigger and the credential",
    flags: {
      purge: { help: "remove the settings file, the state and the log, too" },
      "dry-run": { help: "show what would be removed, but remove nothing" },
    },
    examples: [["uninstall --purge --dry-run", "show what a complete removal deletes"]],
    settings: [],
  },
  completion: {
    summary: `print the completion script for a shell: ${shells.join(", ")}`,
    argument: "shell",
    flags: {},
    examples: [
      ["completion bash", "for ~/.bashrc: source <(linkuser-agent completion bash)"],
      ["completion powershell", "for $PROFILE: append `| Out-String | Invoke-Expression`"],
    ],
    settings: [],
  },
} as const satisfies Readonly<Record<string, Command>>;

/** The first word of the arguments; `link` where there is none. */
export type CommandName = keyof typeof table;

export const commands: Readonly<Record<CommandName, Command>> = table;

/** In the order in which help shows them. */
export const commandNames = Object.keys(commands) as readonly CommandName[];
