import type { CheckStatus } from "../doctor/check.ts";
import type { CheckResult } from "../doctor/run-checks.ts";
import { printable } from "../printable.ts";

const columns = 80;
const nameWidth = 13;
const indent = 1 + 4 + 2 + nameWidth + 2;
const shortIndent = 2;
/** Milliseconds; what is faster is not worth a word, unless it was measured for its own sake. */
const noticeable = 10;
const maxDetail = 1500;

/** SGR parameters, ECMA-48 8.3.117. */
const colours: Readonly<Record<CheckStatus, string>> = { ok: "32", warn: "33", fail: "31;1", skip: "2" };

/**
 * One line per check in a terminal of 80 columns, cut where it is longer: JSON has it whole. What goes wrong, and what
 * to do then, has as many lines as it takes.
 */
export function renderReport(results: readonly CheckResult[], colour: boolean): string {
  const lines = results.flatMap((result) => renderCheck(result, colour));
  return [...lines, "", ...summary(results)].join("\n");
}

function renderCheck({ name, status, detail, advice, elapsedMs, measured }: CheckResult, colour: boolean): string[] {
  const well = status === "ok" || status === "skip";
  const took = elapsedMs >= noticeable || (measured && well) ? ` (${elapsedMs} ms)` : "";
  const width = columns - indent;
  const [first = "", ...more] = well
    ? [`${printable(detail, width - took.length)}${took}`]
    : wrapped(`${detail}${took}`, width);
  const next = advice === undefined ? [] : [renderAdvice(advice)];
  const word = status.padEnd(4);
  const shown = colour ? `\u001b[${colours[status]}m${word}\u001b[0m` : word;
  return [
    ` ${shown}  ${name.padEnd(nameWidth)}  ${first}`.trimEnd(),
    ...more.map((line) => `${" ".repeat(indent)}${line}`),
    ...next,
  ];
}

/** Never broken, so that a command can be copied; what is too long for the column of details begins further left. */
function renderAdvice(advice: string): string {
  const text = `next: ${printable(advice, maxDetail)}`;
  return `${" ".repeat(text.length <= columns - indent ? indent : shortIndent)}${text}`;
}

function summary(results: readonly CheckResult[]): string[] {
  const count = (status: CheckStatus): number => results.filter((one) => one.status === status).length;
  const failed = results.find(({ status }) => status === "fail");
  const warnings = count("warn") === 1 ? "1 warning" : `${count("warn")} warnings`;
  if (failed === undefined) return [count("warn") === 0 ? "All is well." : `Nothing fails; ${warnings}.`];
  return wrapped(`${count("fail")} failed, ${warnings}. Begin with ${failed.name}, then run this again.`, columns);
}

/** Breaks at spaces; a longer word, a path or a command say, stays whole so that it can be copied. */
function wrapped(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    for (const word of printable(line, maxDetail).split(" ")) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
