import type { CommandLine } from "../cli/command-line.ts";
import { formatSetting, type Settings, settingNames } from "../settings/table.ts";
import { type CommandResult, effectivePaths, loadSettings, type Runtime } from "./runtime.ts";

/** Shows every setting's effective value and its origin. */
export function config(runtime: Runtime, commandLine: CommandLine): CommandResult {
  const { settings, origins } = loadSettings(runtime, commandLine);
  const effective: Settings = { ...settings, ...effectivePaths(runtime.platform, settings) };
  const rows = settingNames.map((name) => ({
    name,
    value: formatSetting(name, effective[name]),
    origin: origins[name].text,
  }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const originWidth = Math.max(...rows.map(({ origin }) => origin.length));
  return {
    exitCode: 0,
    document: { settings: Object.fromEntries(rows.map(({ name, value, origin }) => [name, { value, origin }])) },
    text: rows
      .map(({ name, value, origin }) => `${name.padEnd(width)}  ${origin.padEnd(originWidth)}  ${value}`)
      .join("\n"),
  };
}
