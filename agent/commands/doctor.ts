import { type CommandLine, flagText } from "../cli/command-line.ts";
import { bundleContent, createBundleFile, secretsIn } from "../doctor/bundle.ts";
import { checks } from "../doctor/checks.ts";
import { byHand } from "../doctor/compare/by-hand.ts";
import type { CheckValues, DoctorContext } from "../doctor/context.ts";
import { type CheckResult, runChecks } from "../doctor/run-checks.ts";
import { exitCodes } from "../exit-codes.ts";
import { renderComparisons } from "../render/comparison-text.ts";
import { renderReport } from "../render/doctor-report.ts";
import { liveLineOf } from "../render/live-line.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

export async function doctor(runtime: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  const path = flagText(commandLine.flags["bundle"]);
  using bundle = path === undefined ? undefined : createBundleFile(path);
  const context: DoctorContext = { ...runtime, commandLine };
  const found: CheckValues = {};
  const results = await examine(context, found);

  const comparisons = found.compare;
  const todo = byHand[runtime.platform.name];
  const document = { ...describe(results), ...(comparisons && { comparisons, byHand: todo }) };
  const table = comparisons === undefined ? "" : `${renderComparisons(comparisons, todo)}\n\n`;
  const text = `${table}${renderReport(results)}`;
  const exitCode = document.outcome === "ok" ? 0 : exitCodes[document.outcome];
  if (bundle === undefined) return { exitCode, document, text };
  bundle.write({ ...document, ...bundleContent(context, found, results) }, secretsIn(found));
  return {
    exitCode,
    document: { ...document, bundle: path },
    text: `${text}\nWritten to ${path}. It holds no secret, but names of users and hosts: read it before you send it.`,
  };
}

/** Shows progress, because a silent network takes seconds. */
async function examine(context: DoctorContext, found: CheckValues): Promise<readonly CheckResult[]> {
  const line = liveLineOf(context);
  try {
    return await runChecks(checks, context, found, (label) => line?.show(`checking ${label}`));
  } finally {
    line?.erase();
    await found.tenant?.sender.close();
  }
}

function describe(results: readonly CheckResult[]) {
  const outcome = results.find(({ error }) => error !== undefined)?.error?.outcome ?? "ok";
  return { outcome, checks: results.map(({ measured: _, error: __, ...shown }) => shown) } as const;
}
