import { exitCodes } from "../exit-codes.ts";
import { flagName, formatSetting, type SettingName, settingsTable } from "../settings/table.ts";
import { type CommandFlag, type CommandName, commandNames, commands, commonFlags } from "./commands.ts";

/** The overview that `--help` shows; fits 80 columns. */
export function overview(): string {
  return [
    "linkuser-agent: links this device in OPSWAT Gears (MetaDefender IT Access)",
    "to the user who is logged on to it",
    "",
    "Usage: linkuser-agent [COMMAND] [FLAGS]",
    "",
    "Commands",
    ...columns(commandNames.map((name) => [name, commands[name].summary])),
    "",
    "Flags of all commands, besides every setting",
    ...flagRows(commonFlags),
    "",
    "Try first: linkuser-agent --dry-run   (sends nothing, needs no credentials)",
    "Flags of a command: linkuser-agent COMMAND --help",
    "",
    "Exit codes",
    ...exitCodeRows(),
  ].join("\n");
}

/** The help of one command with all its flags; fits 80 columns. */
export function commandHelp(name: CommandName): string {
  const { summary, flags, settings } = commands[name];
  const own = flagRows(flags);
  const settingRows = settings.map((setting): [string, string] => [
    `${flagName(setting)} ${settingsTable[setting].kind.placeholder}`,
    `${settingsTable[setting].help} [${defaultText(setting)}]`,
  ]);
  return [
    ...wrapped(`linkuser-agent ${name}: ${summary}`, lineWidth),
    ...(own.length === 0 ? [] : ["", "Flags", ...own]),
    ...(settingRows.length === 0 ? [] : ["", "Settings, as flags [default]", ...columns(settingRows)]),
    "",
    "Flags of all commands",
    ...flagRows(commonFlags),
  ].join("\n");
}

/** The default as the docs show it. */
export function defaultText(name: SettingName): string {
  const setting = settingsTable[name];
  return setting.fallback === undefined ? setting.fallbackNote : formatSetting(name, setting.fallback);
}

function flagRows(flags: Readonly<Record<string, CommandFlag>>): string[] {
  return columns(
    Object.entries(flags).map(([name, { placeholder, help }]) => [
      placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
      help,
    ]),
  );
}

const lineWidth = 80;

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(30, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapped(right, lineWidth - width - 4);
    const indented = more.map((line) => `  ${" ".repeat(width)}  ${line}`);
    if (left.length <= width) return [`  ${left.padEnd(width)}  ${first}`.trimEnd(), ...indented];
    return [`  ${left}`, `  ${" ".repeat(width)}  ${first}`, ...indented];
  });
}

/** Lines of at most so many characters, broken at spaces and after commas. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=,)|(?<= )/)) {
    if (line !== "" && line.length + word.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  return [...lines, line];
}

/** Two a line, so that the overview fits one screen. */
function exitCodeRows(): string[] {
  const failures = Object.entries(exitCodes).filter(([, code]) => code !== 0);
  const cells = ["0 done or nothing to do", ...failures.map(([outcome, code]) => `${code} ${outcome}`)];
  const half = Math.ceil(cells.length / 2);
  return columns(cells.slice(0, half).map((cell, at) => [cell, cells[half + at] ?? ""]));
}
