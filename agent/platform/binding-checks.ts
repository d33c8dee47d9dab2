import { messageOf } from "../errors.ts";
import type { BindingCheck } from "./port.ts";

/** A part of the bindings, and a call into it; false if the answer has an unknown form. */
export type BindingPart = readonly [part: string, works: () => boolean | Promise<boolean>];

/** Tries each part, even if one before it failed. */
export async function tryBindings(parts: readonly BindingPart[]): Promise<readonly BindingCheck[]> {
  const checks: BindingCheck[] = [];
  for (const [part, works] of parts) {
    let problem: string | undefined;
    try {
      problem = (await works()) ? undefined : "returned data in an unknown format";
    } catch (error) {
      problem = messageOf(error);
    }
    checks.push({ part, problem });
  }
  return checks;
}
