import { commandNames } from "../../agent/cli/commands.ts";
import { commandHelp, overview } from "../../agent/cli/help.ts";
import { product } from "../product.ts";

/** The manual page in man(7)'s language: what `--help` shows, so that the two can't differ. */
export function manualPage(version: string, sourceDate: number): string {
  const date = new Date(sourceDate * 1000).toISOString().slice(0, 10);
  return [
    `.TH LINKUSER-AGENT 1 ${date} "linkuser-agent ${version}"`,
    ".SH NAME",
    `${escaped(product.name)} \\- ${escaped(product.summary)}`,
    ".SH DESCRIPTION",
    asItStands(overview(80)),
    ...commandNames.flatMap((name) => [`.SH COMMAND ${name.toUpperCase()}`, asItStands(commandHelp(name, true, 80))]),
    "",
  ].join("\n");
}

const asItStands = (text: string): string => [".nf", ...text.split("\n").map(escaped), ".fi"].join("\n");

/**
 * A backslash begins an escape, a dash would become a hyphen, and a dot or a quote at the beginning of a line a
 * request.
 */
const escaped = (line: string): string => line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&");
