import { AgentError } from "../../errors.ts";
import { startProgram } from "../../worker/start-worker.ts";
import type { LookUp } from "../look-up.ts";
import { TimeLimitReached, untilAborted, withTimeLimit } from "../time-limit.ts";
import type { PacOutcome, PacQuestion } from "./evaluate.ts";

/** Milliseconds for all evaluations of a script together; then its thread is ended. */
const evaluationTime = 2_000;
/** Milliseconds for one name that a script looks up, and the number of different names. */
const lookUpTime = 2_000;
const maxNames = 8;

/** Evaluates once; an abort of the signal ends it from outside. */
export type Evaluate = (question: PacQuestion, signal: AbortSignal) => Promise<PacOutcome>;

/** Facts about this machine that a script can ask for, and where it runs. */
export interface PacWorld {
  readonly lookUp: LookUp;
  readonly ownAddresses: () => readonly string[];
  readonly evaluate: Evaluate;
}

const nothing: PacQuestion = {
  script: "function FindProxyForURL() {}",
  origin: "",
  host: "",
  ownAddresses: [],
  names: new Map(),
};

/**
 * This machine, and a new thread, because the interpreter can't be interrupted inside a built-in function. Its start,
 * which takes seconds on a busy machine, is over then: it is not the script's time.
 */
export async function ownWorld(lookUp: LookUp, signal: AbortSignal): Promise<PacWorld & AsyncDisposable> {
  const worker = startProgram("pac-worker");
  // Its end says enough.
  worker.on("error", () => {});
  const evaluate: Evaluate = async (question, inTime) => {
    const { promise, resolve, reject } = Promise.withResolvers<PacOutcome>();
    const answered = ({ value }: { readonly value: PacOutcome }): void => resolve(value);
    const broken = (): void => reject(unusable("it crashes its interpreter"));
    worker.once("message", answered).once("exit", broken);
    worker.postMessage({ id: 1, question });
    try {
      return await untilAborted(promise, inTime);
    } finally {
      worker.off("message", answered).off("exit", broken);
    }
  };
  const end = async (): Promise<void> => {
    await worker.terminate();
  };
  try {
    await evaluate(nothing, signal);
    return { lookUp, ownAddresses, evaluate, [Symbol.asyncDispose]: end };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}

/**
 * Runs a PAC script for a URL, of which it learns scheme and host alone.
 * @returns what `FindProxyForURL` gave; empty for nothing
 * @throws AgentError `settings-unreadable`, or the signal's reason
 */
export async function runPacScript(
  script: string,
  url: URL,
  { lookUp, ownAddresses, evaluate }: PacWorld,
  signal: AbortSignal,
): Promise<string> {
  const names = new Map<string, readonly string[]>();
  const question = { script, origin: url.origin, host: url.hostname, ownAddresses: ownAddresses(), names };
  let left = evaluationTime;
  for (;;) {
    const begun = elapsed();
    const outcome = await withTimeLimit(left, signal, (inTime) => evaluate(question, inTime)).catch((thrown) => {
      if (thrown instanceof TimeLimitReached) throw unusable(`it does not end within ${evaluationTime / 1000} s`);
      throw thrown;
    });
    left = Math.max(1, left - (elapsed() - begun));
    if (outcome.kind === "result") return outcome.text;
    if (outcome.kind === "unusable") throw unusable(outcome.why);
    if (names.size >= maxNames) throw unusable(`it looks up more than ${maxNames} names`);
    names.set(outcome.name, await resolve(outcome.name, lookUp, signal));
  }
}

/** Milliseconds from an arbitrary start. Not performance.now(), which loads node:perf_hooks. */
const elapsed = (): number => Number(process.hrtime.bigint()) / 1e6;

/** None if the name has none or the look-up takes too long. */
async function resolve(host: string, lookUp: LookUp, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const found = await withTimeLimit(lookUpTime, signal, (inTime) => untilAborted(lookUp(host), inTime));
    // IPv4 first: of several, `dnsResolve` gives one.
    return found.toSorted((one, other) => one.family - other.family).map(({ address }) => address);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return [];
  }
}

/** IPv4 first; without the loopback's and link-local ones. */
function ownAddresses(): readonly string[] {
  const all = Object.values(process.getBuiltinModule("node:os").networkInterfaces()).flatMap((some) => some ?? []);
  const own = all.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  return own.toSorted((one, other) => one.family.localeCompare(other.family)).map(({ address }) => address);
}

function unusable(why: string): AgentError {
  return new AgentError("settings-unreadable", `The PAC script can't be used: ${why}.`);
}
