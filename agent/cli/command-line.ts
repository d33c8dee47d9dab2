import { parseArgs } from "node:util";
import { AgentError } from "../errors.ts";
import { isSecretName, type Layer } from "../settings/layers.ts";
import { suggestion } from "../settings/nearest.ts";
import { flagName, type SettingName, settingNames, settingsTable } from "../settings/table.ts";
import { type CommandFlag, type CommandName, commandNames, commands, commonFlags } from "./commands.ts";

export interface CommandLine {
  readonly command: CommandName;
  /** Whether the arguments name the command, so that help shows it. */
  readonly named: boolean;
  /** Flags that are no settings, without their dashes, and a command's argument; `true` for those without a value. */
  readonly flags: Readonly<Record<string, string | true>>;
  readonly settings: Layer;
}

/** The value of a flag that takes one; undefined if it is not given. */
export const flagText = (flag: string | true | undefined): string | undefined =>
  typeof flag === "string" ? flag : undefined;

/** Whether the output is JSON; read first, so that mistakes are reported as JSON, too. */
export const wantsJson = (argv: readonly string[]): boolean => argv.some((word) => /^--json(?:=|$)/.test(word));

/**
 * Reads the arguments after the program's name.
 * @throws AgentError `unknown-command`, `unknown-flag`, `invalid-value`, naming the word and the nearest right one
 */
export function readCommandLine(given: readonly string[]): CommandLine {
  const argv = asFlags(given);
  const [first] = argv;
  const named = first !== undefined && !first.startsWith("-");
  const command = named ? commandOf(first) : "link";
  const { argument, emptyIsNotGiven } = commands[command];
  const flagsHere: Readonly<Record<string, CommandFlag>> = { ...commonFlags, ...commands[command].flags };
  const { tokens } = parseArgs({
    args: argv.slice(named ? 1 : 0),
    options: optionsOf(flagsHere),
    strict: false,
    tokens: true,
  });
  const flags: Record<string, string | true> = {};
  /** Flags that are there, with or without a value that counts. */
  const seen = new Set<string>();
  const values: Record<string, unknown> = {};
  let bareSwitch: SettingName | undefined;
  for (const token of tokens) {
    const switchBefore = bareSwitch;
    bareSwitch = undefined;
    if (token.kind === "positional") {
      if (switchBefore !== undefined) {
        values[switchBefore] = token.value;
        continue;
      }
      if (argument !== undefined && !Object.hasOwn(flags, argument)) {
        flags[argument] = token.value;
        continue;
      }
      throw new AgentError("unknown-command", unexpected(token.value, named, command, flags));
    }
    if (token.kind !== "option") continue;
    const { name, rawName } = token;
    seen.add(name);
    // Without strict mode the parser takes a following flag for the value.
    const value = token.inlineValue === false && token.value?.startsWith("--") ? undefined : token.value;
    const setting = settingNames.find((one) => flagName(one) === rawName);
    const flag = Object.hasOwn(flagsHere, name) ? flagsHere[name] : undefined;
    if (value === "" && emptyIsNotGiven && (setting !== undefined || flag?.placeholder !== undefined)) continue;
    if (Object.hasOwn(flags, name) || (setting !== undefined && Object.hasOwn(values, setting))) {
      throw new AgentError("invalid-value", `${rawName} is given twice.`);
    }
    if (setting !== undefined) {
      values[setting] = settingValue(setting, rawName, value);
      // The parser does not take the word after a switch for its value.
      if (value === undefined) bareSwitch = setting;
    } else if (flag !== undefined) {
      flags[name] = flagValue(flag, rawName, value);
    } else {
      throw new AgentError("unknown-flag", unknownFlag(rawName, command, flagsHere));
    }
  }
  refuseWithoutEffect(flags, seen, flagsHere);
  return { command, named, flags, settings: { kind: "flag", location: undefined, values } };
}

function refuseWithoutEffect(
  flags: CommandLine["flags"],
  seen: ReadonlySet<string>,
  flagsHere: Readonly<Record<string, CommandFlag>>,
): void {
  for (const name of Object.keys(flags)) {
    const { needs, excludes } = flagsHere[name] ?? {};
    if (needs !== undefined && !seen.has(needs)) {
      const missing = [`--${needs}`, flagsHere[needs]?.placeholder ?? ""].join(" ").trim();
      throw new AgentError("invalid-value", `--${name} has no effect without ${missing}.`);
    }
    if (excludes !== undefined && seen.has(excludes)) {
      throw new AgentError(
        "invalid-value",
        `--${name} has no effect together with --${excludes}. Use only one of them.`,
      );
    }
  }
}

/** Refuses settings for a command that ignores them. @throws AgentError `invalid-value` */
export function refuseSettings({ command, flags, settings }: CommandLine): void {
  const names = Object.keys(settings.values) as SettingName[];
  const [given] = [...(flags["config"] === undefined ? [] : ["--config"]), ...names.map(flagName)];
  if (given === undefined) return;
  const { config: _, ...others } = commonFlags;
  const taken = Object.keys({ ...commands[command].flags, ...others }).map((name) => `--${name}`);
  throw new AgentError("invalid-value", `${given} has no effect on ${command}, which takes ${taken.join(", ")}.`);
}

const allCommandNames = [...commandNames, "help", "version"] as const;

/** `help`, `help COMMAND` and `version` are spellings of the flags. */
function asFlags([first, ...rest]: readonly string[]): readonly string[] {
  if (first === "version") return ["--version", ...rest];
  if (first !== "help") return first === undefined ? [] : [first, ...rest];
  const others = rest.filter((word) => !["help", "--help", "-h"].includes(word));
  const [topic] = others;
  if (topic === "version") return ["--help", ...others.slice(1)];
  return topic === undefined || topic.startsWith("-") ? ["--help", ...others] : [topic, "--help", ...others.slice(1)];
}

/** The message for an unexpected argument, with the flag or the order that was probably meant. */
function unexpected(
  word: string,
  named: boolean,
  command: CommandName,
  given: Readonly<Record<string, unknown>>,
): string {
  const start = `Unexpected argument ${word}.`;
  if (allCommandNames.some((name) => name === word)) {
    if (!named) return `${start} Put the command first: linkuser-agent ${word} [FLAGS]`;
    return word === "help"
      ? `${start} Did you mean linkuser-agent help ${command}?`
      : `${start} Name one command: ${command} or ${word}.`;
  }
  // Word processors and web pages make dashes of hyphens.
  const hyphened = word.replace(/^[\u2010-\u2015\u2212]/, "--");
  if (hyphened !== word) return `${start} Did you mean ${hyphened}?`;
  const { flags } = commands[command];
  const open = Object.keys(flags).filter((name) => !Object.hasOwn(given, name));
  const meant = open.find((name) => valueForms[flags[name]?.placeholder ?? ""]?.test(word));
  return meant === undefined ? `${start} ${helpHint(command)}` : `${start} Did you mean --${meant} ${word}?`;
}

/** By placeholder: words that are probably values of such a flag. */
const valueForms: Readonly<Record<string, RegExp>> = { N: /^\d+$/, NAME: /^[\p{L}\d._@\\-]+$/u };

function commandOf(word: string): CommandName {
  const command = commandNames.find((name) => name === word);
  if (command !== undefined) return command;
  const likely = suggestion(word, allCommandNames);
  const message = `There is no command ${word}.${likely} Commands: ${commandNames.join(", ")}; see linkuser-agent --help.`;
  throw new AgentError("unknown-command", message);
}

type ParseOptions = Record<string, { type: "string" | "boolean"; short?: string }>;

function optionsOf(flags: Readonly<Record<string, CommandFlag>>): ParseOptions {
  const options = { ...settingOptions };
  for (const [name, { placeholder, short }] of Object.entries(flags)) {
    options[name] = { type: placeholder === undefined ? "boolean" : "string", ...(short !== undefined && { short }) };
  }
  return options;
}

/** Settings that are on or off may stand alone: `--allow-multi-session` is the same as `--allow-multi-session=true`. */
const isSwitch = (name: SettingName): boolean => typeof settingsTable[name].fallback === "boolean";

const settingOptions: Readonly<ParseOptions> = Object.fromEntries(
  settingNames.map((name) => [flagName(name).slice(2), { type: isSwitch(name) ? "boolean" : "string" }]),
);

function settingValue(name: SettingName, rawName: string, value: string | undefined): string {
  if (value !== undefined) return value;
  if (isSwitch(name)) return "true";
  throw missingValue(rawName, settingsTable[name].kind.placeholder);
}

function flagValue(flag: CommandFlag, rawName: string, value: string | undefined): string | true {
  if (flag.placeholder === undefined) {
    if (value === undefined) return true;
    throw new AgentError("invalid-value", `${rawName} takes no value.`);
  }
  if (value !== undefined && value !== "") return value;
  throw missingValue(rawName, flag.placeholder);
}

function missingValue(rawName: string, placeholder: string): AgentError {
  return new AgentError("invalid-value", `${rawName} needs a value: ${rawName} ${placeholder}`);
}

function unknownFlag(rawName: string, command: CommandName, flagsHere: Readonly<Record<string, CommandFlag>>): string {
  if (isSecretName(rawName)) {
    const variable = /token$/i.test(rawName) ? "LINKUSER_ACCESS_TOKEN" : "LINKUSER_CLIENT_SECRET";
    return `There is no flag ${rawName}: everybody can read a process's arguments. Use the credential file or ${variable}.`;
  }
  const owners = commandNames.filter((name) => Object.hasOwn(commands[name].flags, rawName.slice(2)));
  if (owners.length > 0) return `${rawName} belongs to ${owners.join(", ")}, not to ${command}.`;
  const known = [...Object.keys(flagsHere).map((name) => `--${name}`), ...settingNames.map(flagName)];
  const long = /^-[a-z]$/i.test(rawName)
    ? known.find((flag) => flag.startsWith(`-${rawName.toLowerCase()}`))
    : undefined;
  const likely = long === undefined ? suggestion(rawName, known) : ` Did you mean ${long}?`;
  return `There is no flag ${rawName}.${likely} ${helpHint(command)}`;
}

const helpHint = (command: CommandName): string => `See linkuser-agent ${command} --help.`;
