import { describeDuration } from "../duration.ts";
import { AgentError, framesOf } from "../errors.ts";
import { readPaceMemory } from "../pace/pace-memory.ts";
import { after, begin, keep, type PaceContext, type Schedule, withoutBackOff } from "../pace/pacer.ts";
import { slotOf } from "../pace/slot.ts";
import { triggerInterval } from "../pace/trigger-interval.ts";
import type { LastRun, MachineMemory } from "./memory.ts";
import { askedOf, fixable, isRefusedLogOn, refusalOf } from "./refusal.ts";
import type { Attempt, Decision, Effect, End, Moment, RunState } from "./run-state.ts";
import { addUnknown } from "./unknown-devices.ts";

/**
 * A failure that may pass by itself is followed by another attempt; any other ends the run.
 * @param notBefore wall-clock milliseconds, where the server asked for a pause
 */
export function failedAttempt(
  state: RunState,
  error: AgentError,
  notBefore: number | undefined,
  moment: Moment,
): Decision {
  const { attempt, attended } = state;
  const isFinal = error.outcome !== "unreachable" && (attended || !fixable.includes(error.code));
  if (isFinal || isRefusedLogOn(error)) {
    return attempt === undefined
      ? endRun(state, state.memory, endOf(error), moment)
      : refusedEnd(state, attempt, error, moment);
  }
  const schedule = scheduleNow(state, moment);
  const next = after(schedule, { kind: "transient", notBefore }, paceContext(state, moment));
  return waitOrLeave(state, next, error, moment);
}

/** A refusal is remembered, so that triggers do not repeat the same call at each start. */
export function refusedEnd(state: RunState, attempt: Attempt, error: AgentError, moment: Moment): Decision {
  const asked = askedOf(attempt);
  const refusal = refusalOf(error, asked, state.memory.refusal, moment.now, moment.random());
  const { unknown: _, ...kept } = state.memory;
  const memory = refusal === undefined ? kept : { ...kept, refusal, notBefore: refusal.until };
  return endRun(state, memory, endOf(error), moment);
}

export function endOf(error: AgentError): End {
  const { outcome, message, code } = error;
  // Unknown identifiers name no device.
  return { outcome, message, error, ...(code === "device-not-found" && { device: undefined }) };
}

/** @param memory undefined if it was not read; then it is unchanged */
export function endRun(state: RunState, memory: MachineMemory | undefined, end: End, moment: Moment): Decision {
  const effects: Effect[] = [];
  if (end.error !== undefined) {
    const { code: event, message } = end.error;
    effects.push({ kind: "log", level: "error", event, message, fields: { defect: framesOf(end.error) }, end: true });
  }
  if (memory !== undefined) {
    const { waiter, ...ended } = memory;
    const { link, hardware, links } = memory;
    const other = state.outwaited && waiter !== undefined && { waiter };
    const done = end.outcome === "linked" || end.outcome === "already-linked";
    const kept = done ? { ...(link && { link }), ...(hardware && { hardware }), ...(links && { links }) } : ended;
    effects.push({ kind: "remember", memory: { ...kept, ...other, lastRun: lastRunOf(end, state, moment) } });
  }
  return { state, effects: [...effects, { kind: "end", end }] };
}

/** Remembers when the next attempt is due, and waits for it or leaves it to another run. */
export function waitOrLeave(before: RunState, schedule: Schedule, cause: AgentError, moment: Moment): Decision {
  const { memory: pace, notBefore } = schedule;
  const error = leaving(before, notBefore, cause, moment);
  const isFailure = cause.code !== "not-due";
  const state = { ...before, schedule, failure: isFailure ? cause : before.failure };
  const end = endOf(error ?? cause);
  const { waiter, ...kept } = withUnknown(state, moment);
  const waits = error === undefined && !state.attended ? state.pid : state.outwaited ? waiter : undefined;
  const memory = {
    ...kept,
    pace,
    notBefore,
    lastRun: lastRunOf(end, state, moment),
    ...(waits !== undefined && { waiter: waits }),
  };
  const note: Effect = {
    kind: "log",
    level: "warn",
    event: cause.code,
    message: cause.message,
    ...(error !== undefined && { end: true as const }),
  };
  return {
    state,
    effects: [
      ...(isFailure ? [note] : []),
      { kind: "remember", memory },
      error === undefined ? { kind: "wait", schedule, cause } : { kind: "end", end },
    ],
  };
}

/** The end of the run if the attempt at `until` is left to another run; undefined to wait for it. */
function leaving(state: RunState, until: number, cause: AgentError, moment: Moment): AgentError | undefined {
  if (moment.ending !== undefined) return interruption(cause, moment);
  const left = until - moment.now;
  const late = until > state.deadline;
  const limited = cause.outcome === "rate-limited";
  if (state.outwaited) {
    const who = state.memory.waiter === undefined ? "another run" : `process ${state.memory.waiter}`;
    const message = `${cause.message} On this machine ${who} waits already; this run ends.`;
    return new AgentError(limited ? cause.code : "already-waiting", message, { cause });
  }
  if (!late && (!state.options.willRepeat || left <= triggerInterval)) return undefined;
  if (cause.code === "not-due" || (late && !limited)) return cause;
  const message = `${cause.message} The next attempt is due in ${describeDuration(left)}.`;
  return new AgentError(limited ? cause.code : "not-due", message, { cause });
}

/** The end of a run that is interrupted during a wait: its last failure, if there was one. */
export function interruption(cause: AgentError, { ending }: Moment): AgentError {
  return cause.code === "not-due" ? (ending ?? cause) : cause;
}

export function lastRunOf({ outcome, message, error }: End, { warnings }: RunState, { now }: Moment): LastRun {
  const ended = { outcome, message, errorCode: error?.code ?? null, endedAt: now };
  return warnings.length === 0 ? ended : { ...ended, warnings };
}

function withUnknown({ memory, unknown, attempt }: RunState, { now }: Moment): MachineMemory {
  if (unknown === undefined || unknown.devices.length === 0 || attempt === undefined) return memory;
  return { ...memory, unknown: addUnknown(memory.unknown, unknown.devices, attempt.target, now) };
}

/** The current schedule: this run's, else an earlier run's, else a new one. */
export function scheduleNow(state: RunState, moment: Moment): Schedule {
  const context = paceContext(state, moment);
  if (state.schedule !== undefined) return keep(state.schedule, context);
  const remembered = readPaceMemory(state.memory.pace);
  return begin(remembered && state.options.immediate ? withoutBackOff(remembered) : remembered, context);
}

export function paceContext({ options, attempt, hurry, limited }: RunState, moment: Moment): PaceContext {
  const first = attempt?.candidates[0];
  // Devices with an unreadable identity must not all get the same place.
  const slot = first === undefined ? moment.random() : slotOf(first.value);
  return { ...options.settings, ...moment, slot, immediate: hurry && !limited };
}
