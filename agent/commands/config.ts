import type { CommandLine } from "../cli/command-line.ts";
import { printable } from "../printable.ts";
import { describeSettings, settingRows } from "../wiring/describe-settings.ts";
import { loadSettings } from "../wiring/load-settings.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

export function config(runtime: Runtime, commandLine: CommandLine): CommandResult {
  const resolved = loadSettings(runtime, commandLine);
  const rows = settingRows(runtime.platform, resolved);
  return {
    exitCode: 0,
    document: { settings: describeSettings(rows) },
    text: [...settingLines(rows), ...placeLines(rows)].join("\n"),
  };
}

type Row = ReturnType<typeof settingRows>[number];

/** A line for each, without its place: most fit 80 columns. */
function settingLines(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const kindWidth = Math.max(...rows.map(({ origin }) => origin.kind.length));
  return rows.map(
    ({ name, shown, origin }) => `${name.padEnd(width)}  ${origin.kind.padEnd(kindWidth)}  ${printable(shown, 10_000)}`,
  );
}

function placeLines(rows: readonly Row[]): readonly string[] {
  const places = rows.flatMap(({ origin: { kind, location } }) =>
    location === undefined ? [] : [`${kind}: ${printable(location, 1000)}`],
  );
  return places.length === 0 ? [] : ["", ...new Set(places)];
}
