import type { CheckStatus } from "../doctor/check.ts";
import type { CheckResult } from "../doctor/run-checks.ts";
import { counted, printable } from "../printable.ts";

const nameWidth = 13;
const indent = 1 + 4 + 2 + nameWidth + 2;
/** Milliseconds; shorter times are not shown, unless the time is the result. */
const noticeable = 10;
const maxDetail = 1500;

/** One line for each check, its next step below it, and at the end the one thing to do first. */
export function renderReport(results: readonly CheckResult[]): string {
  return [...results.flatMap(renderCheck), "", ...summary(results)].join("\n");
}

function renderCheck({ name, status, detail, advice, elapsedMs, measured }: CheckResult): string[] {
  const well = status === "ok" || status === "skip";
  const took = elapsedMs >= noticeable || (measured && well) ? ` (${elapsedMs} ms)` : "";
  const [first = "", ...more] = `${detail}${took}`.split("\n").map((line) => printable(line, maxDetail));
  const start = " ".repeat(indent);
  return [
    ` ${status.padEnd(4)}  ${name.padEnd(nameWidth)}  ${first}`.trimEnd(),
    ...more.map((line) => `${start}${line}`),
    ...(advice === undefined ? [] : [`${start}next: ${printable(advice, maxDetail)}`]),
  ];
}

function summary(results: readonly CheckResult[]): string[] {
  const count = (status: CheckStatus): number => results.filter((one) => one.status === status).length;
  const warnings = counted(count("warn"), "warning");
  const failed = results.find(({ status }) => status === "fail");
  if (failed === undefined && count("warn") === 0) return ["All is well."];
  const withStep = results.filter(({ status, advice }) => status === "warn" && advice !== undefined);
  // Another warning may explain why an earlier run failed.
  const first = failed ?? withStep.find(({ name }) => name !== "state") ?? withStep[0];
  const outcome = failed === undefined ? `Nothing fails; ${warnings}.` : `${count("fail")} failed, ${warnings}.`;
  if (first === undefined) return [outcome];
  const step = first.advice === undefined ? "" : `: ${printable(first.advice, maxDetail)}`;
  return [`${outcome} Start with ${first.name}${step}`];
}
