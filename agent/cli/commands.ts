import { type SettingName, settingNames } from "../settings/table.ts";

/** A flag that is no setting. Those with a placeholder take a value. */
export interface CommandFlag {
  readonly placeholder?: string;
  readonly help: string;
}

interface Command {
  readonly summary: string;
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** Settings that change what this command does; others are taken and ignored, so that scripts can pass one set. */
  readonly settings: readonly SettingName[];
  /**
   * An empty value counts as not given, for callers that pass everything they have (Windows Installer's properties).
   */
  readonly emptyIsNotGiven?: true;
}

/** Flags of every command. */
export const commonFlags = {
  json: { help: "print exactly one JSON document" },
  config: { placeholder: "FILE", help: "read this settings file instead of the default one" },
  help: { help: "show help, for a command with its flags" },
  version: { help: "show the version" },
} as const satisfies Readonly<Record<string, CommandFlag>>;

/**
 * Names and flags are public. CONTRACT. To add a command: an entry here, its function in `commands/NAME.ts`, a line in
 * `main.ts` (the compiler asks for it) and a row in README.md (`test/docs.test.ts` does).
 */
export const commands = {
  link: {
    summary: "link this device to its logged-in user, once (the default)",
    flags: {
      "dry-run": { help: "find everything out and show the request, but send nothing" },
      force: { help: "link even if already linked" },
      "no-splay": { help: "start at once" },
      "will-repeat": { help: "the caller comes again by itself: end instead of waiting more than 15 min" },
      user: { placeholder: "NAME", help: "link this user (for another than the caller: administrators only)" },
      session: { placeholder: "ID", help: "link this logon session's user" },
    },
    settings: settingNames,
  },
  doctor: {
    summary: "check everything that a link needs, and say what to do about each fault; links nothing",
    flags: {
      user: { placeholder: "NAME", help: "look this user up instead of whom is logged on" },
      bundle: { placeholder: "FILE", help: "write a support file without secrets: checks, settings, end of the log" },
    },
    settings: settingNames,
  },
  status: { summary: "show the last outcome on this machine", flags: {}, settings: ["stateDir"] },
  plan: {
    summary: "tell how long a rollout takes and which settings serve it",
    flags: {
      devices: { placeholder: "N", help: "devices in the rollout (needed)" },
      "logon-spread": { placeholder: "DURATION", help: "time within which the devices first log on [1h]" },
      "token-calls": { help: "getting a token costs a call of the limit too" },
      svg: { placeholder: "FILE", help: "draw the rollout into this file" },
    },
    settings: ["rateLimit"],
  },
  config: {
    summary: "show every setting's effective value and where it comes from",
    flags: {},
    settings: settingNames,
  },
  install: {
    summary: "put the logon trigger, the protected credential and the given settings in place",
    flags: {
      "credential-from": {
        placeholder: "FILE",
        help: "take the credential from this file, - for standard input; never from an argument",
      },
      "delete-source": { help: "delete that file once all is in place" },
      "dry-run": { help: "show what would be changed, but change nothing" },
    },
    settings: settingNames,
    emptyIsNotGiven: true,
  },
  uninstall: {
    summary: "remove the logon trigger and the credential",
    flags: {
      purge: { help: "remove the settings file, the state and the log, too" },
      "dry-run": { help: "show what would be removed, but remove nothing" },
    },
    settings: [],
  },
} as const satisfies Readonly<Record<string, Command>>;

/** The first word of the arguments; `link` where there is none. */
export type CommandName = keyof typeof commands;

/** Whether an empty value counts as not given; elsewhere it is a mistake or an empty list. */
export function emptyIsNotGiven(name: CommandName): boolean {
  const command: Command = commands[name];
  return command.emptyIsNotGiven === true;
}

/** In the order in which help shows them. */
export const commandNames = Object.keys(commands) as readonly CommandName[];
