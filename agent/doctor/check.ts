import type { AgentError } from "../errors.ts";
import type { CheckValues, DoctorContext, ValuesFor } from "./context.ts";

/** `skip` if an earlier check failed or the check does not apply. */
export type CheckStatus = "ok" | "warn" | "fail" | "skip";

/** The result of one check. Later checks use `value`; without it they are skipped. */
export type Finding<T = true> = {
  /** Milliseconds, where the time was taken elsewhere. */
  readonly elapsedMs?: number;
  readonly value?: T;
} & (
  | { readonly status: "ok" | "skip"; readonly detail: string }
  | { readonly status: "warn"; readonly detail: string; readonly advice?: string | undefined }
  /** `detail` replaces the error's finding, `advice` the next step that the code has. */
  | { readonly status: "fail"; readonly error: AgentError; readonly detail?: string; readonly advice?: string }
);

/** Undefined if the check does not apply to this machine: then it is not reported. */
type Outcome<T> = Finding<T> | undefined | Promise<Finding<T> | undefined>;

/** One row of the table in `checks.ts`. */
export interface Check {
  /** Stable, in kebab-case. */
  readonly name: string;
  /** Checks whose values this one builds on. */
  readonly needs: readonly (keyof CheckValues)[];
  /** Shown on a terminal while it runs. */
  readonly label: string;
  /** Reported only if it fails: it prepares values that several checks share. */
  readonly silent: boolean;
  readonly run: (context: DoctorContext, found: Required<CheckValues>) => Outcome<unknown>;
  /** The flag without which it is neither run nor reported. */
  readonly flag?: "compare" | "ask-server";
}

type ValueOf<K> = K extends keyof CheckValues ? NonNullable<CheckValues[K]> : true;
export function check<const K extends string, N extends keyof CheckValues = never>(
  name: K,
  needs: readonly N[],
  run: (context: DoctorContext, found: ValuesFor<N>) => Outcome<ValueOf<K>>,
): Check {
  // The runner calls it only with all needed values, which the compiler can't see.
  return { name, needs, label: name, silent: false, run: run as Check["run"] };
}

export const onlyWith = (flag: NonNullable<Check["flag"]>, one: Check): Check => ({ ...one, flag });

/** Prepares values that several checks share, before the first of them. */
export function prepare<K extends keyof CheckValues, N extends keyof CheckValues>(
  name: K,
  needs: readonly N[],
  label: string,
  make: (context: DoctorContext, found: ValuesFor<N>) => ValueOf<K> | Promise<ValueOf<K>>,
): Check {
  const made = check(name, needs, async (context, found) => {
    return { status: "ok", detail: "", value: await make(context, found) };
  });
  return { ...made, label, silent: true };
}
