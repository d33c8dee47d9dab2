import { commandNames, commands } from "../../agent/cli/commands.ts";
import { commandHelp, overview } from "../../agent/cli/help.ts";
import { exitCodes } from "../../agent/exit-codes.ts";
import { installedCredential, policyPath, settingsPath, systemPaths } from "../../agent/platform/linux/paths.ts";
import { product } from "../product.ts";

/** The manual page in man(7)'s language: what `--help` shows, with examples, files and exit codes from the same tables. */
export function manualPage(version: string, sourceDate: number): string {
  const date = new Date(sourceDate * 1000).toISOString().slice(0, 10);
  return [
    `.TH LINKUSER-AGENT 1 ${date} "linkuser-agent ${version}"`,
    ".SH NAME",
    `${escaped(product.name)} \\- ${escaped(product.summary)}`,
    ".SH DESCRIPTION",
    asItStands(overview(80)),
    ...commandNames.flatMap((name) => [`.SH COMMAND ${name.toUpperCase()}`, asItStands(commandHelp(name, true, 80))]),
    ".SH EXAMPLES",
    ...commandNames.flatMap((name) =>
      commands[name].examples.flatMap(([words, what]) => [".TP", escaped(`linkuser-agent ${words}`), escaped(what)]),
    ),
    ".SH FILES",
    ...files.flatMap(([path, what]) => [".TP", escaped(path), escaped(what)]),
    ".SH EXIT STATUS",
    ...byExitCode().flatMap(([code, outcomes]) => [".TP", String(code), escaped(outcomes.join(", "))]),
    "",
  ].join("\n");
}

const files: readonly (readonly [string, string])[] = [
  [settingsPath("/"), "settings, readable by everybody"],
  [policyPath("/"), "policy: settings that override all others"],
  [installedCredential("/"), "client key and secret, readable only by root"],
  [systemPaths("/", {}).stateDir, "state of runs as root"],
  [systemPaths("/", {}).logFile, "log of runs as root, one JSON object per line"],
];

function byExitCode(): readonly (readonly [number, readonly string[]])[] {
  const codes = [...new Set(Object.values(exitCodes))].toSorted((a, b) => a - b);
  const outcomes = Object.entries(exitCodes);
  return codes.map((code) => [code, outcomes.filter(([, one]) => one === code).map(([outcome]) => outcome)]);
}

const asItStands = (text: string): string => [".nf", ...text.split("\n").map(escaped), ".fi"].join("\n");

/**
 * Escapes a backslash, which begins an escape, a dash, which would become a hyphen, and a dot or a quote at the start
 * of a line, which would be a request.
 */
const escaped = (line: string): string => line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&");
