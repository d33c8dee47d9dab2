import type { Clock } from "../clock.ts";
import { type AgentError, asAgentError } from "../errors.ts";

/** `skip` where a check before it failed, or where it does not apply. */
export type CheckStatus = "ok" | "warn" | "fail" | "skip";

/** What one check says. `value` is what later checks build on; where it is missing they are skipped. */
export type Finding<T = true> = {
  /** Milliseconds, where the time was taken elsewhere. */
  readonly elapsedMs?: number;
  readonly value?: T;
} & (
  | { readonly status: "ok" | "skip"; readonly detail: string }
  | { readonly status: "warn"; readonly detail: string; readonly advice?: string | undefined }
  /** `detail` stands in for the error's finding, `advice` for the code's. */
  | { readonly status: "fail"; readonly error: AgentError; readonly detail?: string; readonly advice?: string }
);

/** One line of the report. */
export interface CheckResult {
  /** Stable, in kebab-case. */
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** The very next step. */
  readonly advice: string | undefined;
  readonly elapsedMs: number;
  /** The time is what the check is about, and is shown however short. */
  readonly measured: boolean;
  /** Of a failed check. */
  readonly error: AgentError | undefined;
}

/** Names the next step for a failure; undefined where the message says it all. */
export type Adviser = (error: AgentError) => string | undefined;

/** What a check needs of others, by the name of the check that gives it. */
type Needs<N> = { readonly [K in keyof N]: N[K] | undefined };

/** Runs checks one after the other and keeps what they find. */
export interface Report {
  readonly results: readonly CheckResult[];
  /**
   * Makes one check, unless something that it needs is missing: then it is skipped.
   * @returns the check's value, for the checks that need it
   * @throws AgentError `interrupted`
   */
  check<T, N extends object>(
    name: string,
    needs: Needs<N>,
    work: (needs: N) => Finding<T> | Promise<Finding<T>>,
  ): Promise<T | undefined>;
}

/**
 * Collects the results of checks that run one after another.
 * @param begins is told each check's name
 */
export function createReport(
  clock: Pick<Clock, "monotonic">,
  advise: Adviser,
  interrupted: AbortSignal,
  begins: (name: string) => void = () => {},
): Report {
  const results: CheckResult[] = [];
  return {
    results,
    async check(name, needs, work) {
      interrupted.throwIfAborted();
      const missing = Object.entries(needs).find(([, value]) => value === undefined)?.[0];
      if (missing !== undefined) {
        const detail = `needs ${missing}`;
        results.push({ name, elapsedMs: 0, measured: false, ...told({ status: "skip", detail }, advise) });
        return undefined;
      }
      begins(name);
      const started = clock.monotonic();
      // Nothing is missing: the type of what is needed holds.
      const finding = await attempt(() => work(needs as Parameters<typeof work>[0]));
      interrupted.throwIfAborted();
      const elapsedMs = Math.round(finding.elapsedMs ?? clock.monotonic() - started);
      results.push({ name, elapsedMs, measured: finding.elapsedMs !== undefined, ...told(finding, advise) });
      return finding.value;
    },
  };
}

async function attempt<T>(work: () => Finding<T> | Promise<Finding<T>>): Promise<Finding<T>> {
  try {
    return await work();
  } catch (thrown) {
    return { status: "fail", error: asAgentError(thrown) };
  }
}

function told<T>(finding: Finding<T>, advise: Adviser): Pick<CheckResult, "status" | "detail" | "advice" | "error"> {
  switch (finding.status) {
    case "fail": {
      const { status, error, detail, advice } = finding;
      return { status, detail: detail ?? error.finding, advice: advice ?? advise(error), error };
    }
    case "warn":
      return { status: finding.status, detail: finding.detail, advice: finding.advice, error: undefined };
    default:
      return { status: finding.status, detail: finding.detail, advice: undefined, error: undefined };
  }
}
