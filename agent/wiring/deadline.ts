import { describeDuration } from "../duration.ts";
import { AgentError } from "../errors.ts";
import type { Runtime } from "./runtime.ts";

/** Milliseconds, 24.8 days: Node turns a longer timer into one of 1 ms. */
const maxTimer = 2 ** 31 - 1;

/** Aborts at the deadline or when the process is asked to end, with the error to end with. */
export function deadlineSignal({ interrupted }: Pick<Runtime, "interrupted">, deadline: number): AbortSignal {
  const ending = new AbortController();
  const message = `Gave up after ${describeDuration(deadline)} (deadline); the next logon tries again.`;
  const arm = (left: number): void => {
    const next = () => (left > maxTimer ? arm(left - maxTimer) : ending.abort(new AgentError("no-answer", message)));
    setTimeout(next, Math.min(left, maxTimer)).unref();
  };
  arm(deadline);
  return AbortSignal.any([interrupted, ending.signal]);
}
