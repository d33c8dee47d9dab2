import { exitCodes } from "../exit-codes.ts";
import { flagName, formatSetting, type SettingName, settingsTable } from "../settings/table.ts";
import { type CommandFlag, type CommandName, commandNames, commands, commonFlags } from "./commands.ts";

export function overview(lineWidth: number): string {
  return [
    "linkuser-agent: links this device in OPSWAT Gears (MetaDefender IT Access)",
    "to its logged-on user",
    "",
    "Usage: linkuser-agent [COMMAND] [FLAGS]",
    "",
    "Commands",
    ...columns(
      [
        ...commandNames.map((name): [string, string] => [name, commands[name].summary]),
        ["help [COMMAND]", "show this, or a command's flags"],
        ["version", "show the version"],
      ],
      lineWidth,
    ),
    "",
    "Flags for all commands",
    ...flagRows(commonFlags, lineWidth),
    "",
    "Start with: linkuser-agent --dry-run   (sends nothing, needs no credentials)",
    "Every setting is a flag, too: linkuser-agent --help-all",
    "",
    "Exit codes",
    ...exitCodeRows(lineWidth),
  ].join("\n");
}

/** Settings that the short help of a command has room for. */
const maxSettings = 3;

/**
 * The help of one command.
 * @param all with every setting, however many
 */
export function commandHelp(name: CommandName, all: boolean, lineWidth: number): string {
  const { summary, flags, settings, examples } = commands[name];
  const own = flagRows(flags, lineWidth);
  const shown = all || settings.length <= maxSettings;
  const settingRows = settings.map((setting): [string, string] => [
    `${flagName(setting)} ${settingsTable[setting].kind.placeholder}`,
    `${settingsTable[setting].help} [${defaultText(setting)}]`,
  ]);
  return [
    ...wrapped(`linkuser-agent ${name}: ${summary}`, lineWidth),
    "",
    "Examples",
    ...columns(
      examples.map(([words, what]) => [`linkuser-agent ${words}`, what]),
      lineWidth,
      50,
    ),
    ...(own.length === 0 ? [] : ["", "Flags", ...own]),
    ...(shown && settingRows.length > 0
      ? ["", "Settings, as flags [default]", ...columns(settingRows, lineWidth)]
      : []),
    "",
    "Flags for all commands",
    ...flagRows(commonFlags, lineWidth),
    ...(shown ? [] : ["", `Every setting is a flag, too: linkuser-agent ${name} --help-all`]),
  ].join("\n");
}

export function defaultText(name: SettingName): string {
  const setting = settingsTable[name];
  return setting.fallback === undefined ? setting.fallbackNote : formatSetting(name, setting.fallback);
}

function flagRows(flags: Readonly<Record<string, CommandFlag>>, lineWidth: number): string[] {
  return columns(
    Object.entries(flags).map(([name, { placeholder, short, help }]) => [
      [
        ...(short === undefined ? [] : [`-${short},`]),
        `--${name}`,
        ...(placeholder === undefined ? [] : [placeholder]),
      ].join(" "),
      help,
    ]),
    lineWidth,
  );
}

function columns(rows: readonly (readonly [string, string])[], lineWidth: number, maxWidth = 30): string[] {
  const width = Math.min(maxWidth, Math.floor(lineWidth / 2), Math.max(...rows.map(([left]) => left.length)));
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

/** Two per line, so that the overview fits one screen. */
function exitCodeRows(lineWidth: number): string[] {
  const failures = Object.entries(exitCodes).filter(([, code]) => code !== 0);
  const cells = ["0 done or nothing to do", ...failures.map(([outcome, code]) => `${code} ${outcome}`)];
  const half = Math.ceil(cells.length / 2);
  return columns(
    cells.slice(0, half).map((cell, at) => [cell, cells[half + at] ?? ""]),
    lineWidth,
  );
}
