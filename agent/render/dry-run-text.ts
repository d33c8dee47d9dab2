import type { describeLinkUserRequest } from "../gears/link-user.ts";
import type { Candidate } from "../identity/device/candidates.ts";
import type { Person } from "../identity/find-user.ts";
import type { Survey } from "../identity/survey.ts";
import { printable, printableJson } from "../printable.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { formatSetting, settingNames } from "../settings/table.ts";

export interface DryRunReport {
  readonly survey: Survey;
  /** In the order in which they would be tried. */
  readonly candidates: readonly Candidate[];
  readonly resolved: ResolvedSettings;
  readonly message: string;
  readonly warnings: readonly string[];
  /** Undefined if none could be sent. */
  readonly request: ReturnType<typeof describeLinkUserRequest> | undefined;
}

export function renderDryRun({ survey, candidates, resolved, message, warnings, request }: DryRunReport): string {
  return [
    "Dry run: nothing is sent to the API.",
    ...section("Device", deviceRows(candidates)),
    ...section("Skipped", passedOverRows(survey)),
    ...section(
      "User",
      survey.user.people.map((person) => personRow(person, survey)),
    ),
    ...section("Groups", groupRows(survey)),
    ...noGroupLines(survey),
    ...section("Settings that are not the default", settingRows(resolved)),
    ...section(
      "Warnings",
      warnings.map((warning) => [printable(warning)]),
    ),
    "",
    printable(message),
    ...survey.problems.slice(1).map((problem) => printable(problem.message)),
    ...(request === undefined ? [] : ["", `  ${request.method} ${request.url}`, `  ${printableJson(request.body)}`]),
  ].join("\n");
}

type Row = readonly string[];

function section(title: string, rows: readonly Row[]): string[] {
  return rows.length === 0 ? [] : ["", title, ...align(rows)];
}

/** Columns of a terminal that need not be widened. */
const lineWidth = 80;

/** Columns as wide as their widest cell; if a line gets too long, every last cell gets its own line. */
function align(rows: readonly Row[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  const lines = rows.map((row) => {
    const cells = row.slice(0, -1).map((cell, at) => `${cell.padEnd(widths[at] ?? 0)}  `);
    return { start: `  ${cells.join("")}`, end: row.at(-1) ?? "" };
  });
  if (lines.every(({ start, end }) => start.length + end.length <= lineWidth)) {
    return lines.map(({ start, end }) => `${start}${end}`.trimEnd());
  }
  return lines.flatMap(({ start, end }) => [start.trimEnd(), ...(end === "" ? [] : [`      ${end}`])]);
}

function deviceRows(candidates: readonly Candidate[]): Row[] {
  return candidates.map(({ value, source, detail, reason }, at) => [
    `${at + 1}.`,
    value,
    source,
    printable(detail),
    printable(reason),
  ]);
}

function passedOverRows({ device }: Survey): Row[] {
  return device.passedOver.map(({ source, detail, value, reason }) => [
    source,
    printable(detail),
    value === undefined ? printable(reason) : `${printable(reason)} (${printable(value)})`,
  ]);
}

function personRow({ account, sessions, excludedBy }: Person, { user, username }: Survey): Row {
  const chosen = user.kind === "user" && user.account === account;
  const where = sessions
    .map(({ id, state, seat }) => `session ${id} ${state}${seat === undefined ? "" : ` on ${seat}`}`)
    .join(", ");
  const why = chosen
    ? [user.reason, ...(username === undefined ? [] : [`sent as ${username}`])].join("; ")
    : excludedBy === undefined
      ? ""
      : `excluded by ${excludedBy}`;
  return [
    chosen ? "*" : " ",
    printable(account.systemName),
    account.kind,
    printable([where, why].filter((one) => one !== "").join("; ")),
  ];
}

function groupRows({ groups }: Survey): Row[] {
  if (groups === undefined) return [];
  return groups.rows.map(({ name, domain, chosen, primary, unfit }) => {
    const notes = [chosen ? groups.reason : undefined, primary ? "primary" : undefined, unfit].filter(
      (note) => note !== undefined,
    );
    return [chosen ? "*" : " ", printable(name), printable(domain ?? ""), printable(notes.join("; "))];
  });
}

function noGroupLines({ groups }: Survey): string[] {
  return groups === undefined || groups.group !== undefined ? [] : [`  None is sent: ${printable(groups.reason)}.`];
}

function settingRows({ settings, origins }: ResolvedSettings): Row[] {
  return settingNames
    .filter((name) => origins[name].kind !== "default")
    .map((name) => [name, printable(formatSetting(name, settings[name])), printable(origins[name].text)]);
}
