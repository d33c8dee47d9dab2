import { asAgentError } from "../errors.ts";
import { AwakeClock } from "../pace/online-time.ts";
import { type Schedule, usesPaidToken } from "../pace/pacer.ts";
import { aboutOf, decide, newRun } from "./decide.ts";
import { paceContext } from "./endings.ts";
import type { Known, LinkOptions, LinkPorts, LinkResult } from "./ports.ts";
import { RunMemory } from "./run-memory.ts";
import type { Effect, End, Found, Moment, RunEvent, RunState } from "./run-state.ts";
import { waitFor } from "./wait.ts";

/**
 * Links the device: carries out what {@link decide} decides until it ends the run. Nothing is held while waiting: no
 * lock, token or connection.
 * @param signal aborted at the deadline or when the process is asked to stop; its reason is an AgentError
 */
export async function runLink(ports: LinkPorts, options: LinkOptions, signal: AbortSignal): Promise<LinkResult> {
  const { clock, random } = ports;
  const started = clock.monotonic();
  const memory = new RunMemory(ports);
  const awake = new AwakeClock(clock);
  const moment = (): Moment => ({
    now: clock.now(),
    awake: awake.seen(),
    random,
    ending: signal.aborted ? asAgentError(signal.reason) : undefined,
  });
  const attended = ports.countdown !== undefined;
  let state = newRun(options, { attended, pid: ports.pid, now: clock.now() });
  let lock: Disposable | undefined;
  let claim: Disposable | undefined;
  const release = (): void => {
    lock?.[Symbol.dispose]();
    lock = undefined;
  };

  /** @returns what came of a move */
  const carryOut = async (effect: Exclude<Effect, { kind: "end" }>): Promise<RunEvent | undefined> => {
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
        try {
          lock = await ports.lock(signal);
        } catch (thrown) {
          return { kind: "locked-out", error: asAgentError(thrown) };
        }
        if (!attended) claim ??= ports.claimWait();
        return {
          kind: "looked-up",
          memory: memory.read(),
          finding: await lookUp(ports, signal),
          mayWait: attended || claim !== undefined,
        };
      case "ask": {
        const { candidate, identity, suspect } = effect;
        try {
          const verdict = await ports.link(candidate, identity.username, identity.group, signal, suspect);
          return { kind: "answered", candidate, verdict };
        } catch (thrown) {
          return { kind: "failed", error: asAgentError(thrown) };
        }
      }
      case "wait": {
        const { schedule, cause } = effect;
        release();
        ports.log.info("waiting", schedule.reason, { until: new Date(schedule.notBefore).toISOString() });
        await ports.rest(usesPaidToken(schedule));
        const context = () => paceContext(state, moment());
        const remember = ({ memory: pace, notBefore }: Schedule) => memory.amend({ pace, notBefore }, signal);
        const next = await waitFor(schedule, { cause, context, remember }, ports, signal);
        return signal.aborted ? { kind: "interrupted", schedule: next, cause } : { kind: "waited", schedule: next };
      }
    }
  };

  try {
    for (let effects: readonly Effect[] = [{ kind: "look-up" }]; ; ) {
      let came: RunEvent | undefined;
      for (const effect of effects) {
        if (effect.kind === "end") return resultOf(effect.end, state, ports, Math.round(clock.monotonic() - started));
        came = await carryOut(effect);
      }
      if (came === undefined) throw new TypeError("a decision without a move");
      ({ state, effects } = decide(state, came, moment()));
    }
  } finally {
    claim?.[Symbol.dispose]();
    release();
  }
}

async function lookUp(ports: LinkPorts, signal: AbortSignal): Promise<Found> {
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

function resultOf(end: End, { known }: RunState, ports: LinkPorts, elapsedMs: number): LinkResult {
  const unknown = { device: undefined, username: undefined, group: undefined, error: undefined };
  return { ...unknown, ...(end.error && known), ...end, requests: ports.requests(), elapsedMs };
}
