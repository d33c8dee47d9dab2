import { type AgentError, asAgentError } from "../errors.ts";
import { factsOf, nextStep } from "./advice.ts";
import type { Check, CheckStatus, Finding } from "./check.ts";
import type { CheckValues, DoctorContext } from "./context.ts";

export interface CheckResult {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  readonly advice: string | undefined;
  readonly elapsedMs: number;
  /** The time is the check's result, and is always shown. */
  readonly measured: boolean;
  /** Of a failed check. */
  readonly error: AgentError | undefined;
}

/**
 * Runs checks one after the other. A check without a needed value is skipped.
 * @param found receives their values
 * @param begins called with the label of each check that runs
 * @throws AgentError `interrupted`
 */
export async function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
  found: CheckValues,
  begins: (label: string) => void = () => {},
): Promise<readonly CheckResult[]> {
  const { clock, interrupted } = context;
  const results: CheckResult[] = [];
  for (const { name, needs, label, silent, run, flag } of checks) {
    interrupted.throwIfAborted();
    if (flag !== undefined && context.commandLine.flags[flag] !== true) continue;
    const missing = needs.find((need) => found[need] === undefined);
    if (missing !== undefined) {
      if (!silent) results.push(resultOf(name, { status: "skip", detail: `needs ${missing}` }, 0, undefined));
      continue;
    }
    begins(label);
    const started = clock.monotonic();
    // The needed values are there; its type says which others may be missing.
    const finding = await attempt(() => run(context, found as Required<CheckValues>));
    interrupted.throwIfAborted();
    if (finding === undefined) continue;
    if (finding.value !== undefined) Object.assign(found, { [name]: finding.value });
    if (silent && finding.status !== "fail") continue;
    const advice = finding.status === "fail" ? nextStep(finding.error, factsOf(context, found)) : undefined;
    results.push(resultOf(name, finding, clock.monotonic() - started, advice));
  }
  return results;
}

async function attempt(work: () => ReturnType<Check["run"]>): Promise<Finding<unknown> | undefined> {
  try {
    return await work();
  } catch (thrown) {
    return { status: "fail", error: asAgentError(thrown) };
  }
}

function resultOf(name: string, finding: Finding<unknown>, tookMs: number, advice: string | undefined): CheckResult {
  const { status, elapsedMs } = finding;
  const time = { elapsedMs: Math.round(elapsedMs ?? tookMs), measured: elapsedMs !== undefined };
  if (status === "fail") {
    const { error, detail = error.finding } = finding;
    return { name, status, detail, advice: finding.advice ?? advice, ...time, error };
  }
  const ownAdvice = status === "warn" ? finding.advice : undefined;
  return { name, status, detail: finding.detail, advice: ownAdvice, ...time, error: undefined };
}
