import { asAgentError } from "../errors.ts";
import { awakeFromNow } from "../pace/online-time.ts";
import { type Schedule, usesPaidToken } from "../pace/pacer.ts";
import { aboutOf, decide, newRun } from "./decide.ts";
import { paceContext } from "./endings.ts";
import type { Known, LinkOptions, LinkPorts, LinkResult } from "./ports.ts";
import { RunMemory } from "./run-memory.ts";
import type { Effect, End, Found, Moment, RunEvent, RunState } from "./run-state.ts";
import { waitFor } from "./wait.ts";

interface Run {
  readonly ports: LinkPorts;
  readonly signal: AbortSignal;
  readonly memory: RunMemory;
  readonly moment: () => Moment;
  state: RunState;
  lock?: Disposable | undefined;
  claim?: Disposable | undefined;
}

/**
 * Links the device: carries out what {@link decide} decides until it ends the run. Nothing is held while waiting: no
 * lock, token or connection.
 * @param signal aborted at the deadline or when the process is asked to stop; its reason is an AgentError
 */
export async function runLink(ports: LinkPorts, options: LinkOptions, signal: AbortSignal): Promise<LinkResult> {
  const { clock, random, pid, countdown } = ports;
  const started = clock.monotonic();
  const awake = awakeFromNow(clock);
  const moment = (): Moment => ({
    now: clock.now(),
    awake: awake(),
    random,
    ending: signal.aborted ? asAgentError(signal.reason) : undefined,
  });
  const state = newRun(options, { attended: countdown !== undefined, pid, now: clock.now() });
  const run: Run = { ports, signal, memory: new RunMemory(ports), moment, state };
  try {
    for (let effects: readonly Effect[] = [{ kind: "look-up" }]; ; ) {
      let came: RunEvent | undefined;
      for (const effect of effects) {
        if (effect.kind === "end") return resultOf(effect.end, run, Math.round(clock.monotonic() - started));
        came = await carryOut(effect, run);
      }
      if (came === undefined) throw new TypeError("a decision without a move");
      ({ state: run.state, effects } = decide(run.state, came, moment()));
    }
  } finally {
    run.claim?.[Symbol.dispose]();
    release(run);
  }
}

function release(run: Run): void {
  run.lock?.[Symbol.dispose]();
  run.lock = undefined;
}

/** @returns the event that follows a move */
async function carryOut(effect: Exclude<Effect, { kind: "end" }>, run: Run): Promise<RunEvent | undefined> {
  const { ports, memory, signal } = run;
  switch (effect.kind) {
    case "log": {
      const { level, event, message, fields } = effect;
      (effect.end === true ? ports.endLog : ports.log)[level](event, message, fields);
      return undefined;
    }
    case "remember":
      memory.write(effect.memory);
      return undefined;
    case "amend":
      await memory.amend(effect.change, signal);
      return undefined;
    case "look-up":
      return await lookUp(run);
    case "ask":
      return await ask(effect, run);
    case "wait":
      return await wait(effect, run);
  }
}

async function lookUp(run: Run): Promise<RunEvent> {
  const { ports, memory, signal, state } = run;
  try {
    run.lock = await ports.lock(signal);
  } catch (thrown) {
    return { kind: "locked-out", error: asAgentError(thrown) };
  }
  if (!state.attended) run.claim ??= ports.claimWait();
  const mayWait = state.attended || run.claim !== undefined;
  return { kind: "looked-up", memory: memory.read(), finding: await find(ports, signal), mayWait };
}

async function find(ports: LinkPorts, signal: AbortSignal): Promise<Found> {
  let known: Known = {};
  try {
    const finding = await ports.find(signal);
    if (finding.kind !== "identity") return finding;
    const { identity } = finding;
    known = aboutOf(identity, identity.candidates[0]);
    return { kind: "identity", identity, target: ports.target(), circumstances: ports.circumstances() };
  } catch (thrown) {
    return { kind: "failed", error: asAgentError(thrown), known };
  }
}

async function ask(effect: Effect & { kind: "ask" }, { ports, signal }: Run): Promise<RunEvent> {
  const { candidate, identity, suspect } = effect;
  try {
    const verdict = await ports.link(candidate, identity.username, identity.group, signal, suspect);
    return { kind: "answered", candidate, verdict };
  } catch (thrown) {
    return { kind: "failed", error: asAgentError(thrown) };
  }
}

async function wait({ schedule, cause }: Effect & { kind: "wait" }, run: Run): Promise<RunEvent> {
  const { ports, memory, signal } = run;
  release(run);
  ports.log.info("waiting", schedule.reason, { until: new Date(schedule.notBefore).toISOString() });
  await ports.rest(usesPaidToken(schedule));
  const context = () => paceContext(run.state, run.moment());
  const remember = ({ memory: pace, notBefore }: Schedule) => memory.amend({ pace, notBefore }, signal);
  const next = await waitFor(schedule, { cause, context, remember }, ports, signal);
  return signal.aborted ? { kind: "interrupted", schedule: next, cause } : { kind: "waited", schedule: next };
}

function resultOf(end: End, { state, ports }: Run, elapsedMs: number): LinkResult {
  const unknown = { device: undefined, username: undefined, group: undefined, error: undefined };
  return { ...unknown, ...(end.error && state.known), ...end, requests: ports.requests(), elapsedMs };
}
