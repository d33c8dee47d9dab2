import type { Comparison } from "../doctor/compare/compare.ts";
import { printable } from "../printable.ts";

const words: Readonly<Record<Comparison["result"], string>> = {
  equal: "equal",
  different: "differs",
  "not-compared": "-",
};

/**
 * A row per fact, with both sides if they differ; then the list of checks for people.
 * @param byHand sentences
 */
export function renderComparisons(comparisons: readonly Comparison[], byHand: readonly string[]): string {
  const width = Math.max(...comparisons.map(({ fact }) => fact.length));
  const rows = comparisons.flatMap(({ fact, command, result, ours, theirs, reason }) => {
    const row = ` ${words[result].padEnd(7)}  ${fact.padEnd(width)}  ${printable(command)}`;
    const why = reason === undefined ? "" : printable(reason);
    if (result === "not-compared") return [`${row}: ${why}`];
    if (result === "equal") return [row];
    return [
      row,
      `          the program: ${ours.length === 0 && why !== "" ? why : list(ours)}`,
      `          the tool:    ${list(theirs)}`,
    ];
  });
  const ticks = byHand.map((what) => ` [ ] ${what}`);
  return ["Compared with the system's own tools:", ...rows, "", "For a person to check:", ...ticks].join("\n");
}

const list = (values: readonly string[]): string => printable(values.join(", "), 1000) || "nothing";
