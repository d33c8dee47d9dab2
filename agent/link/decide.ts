import { describeCountdown, describeDuration, describeMoment } from "../duration.ts";
import { AgentError } from "../errors.ts";
import { type Candidate, deviceOf } from "../identity/device/candidates.ts";
import { after, keep, type Schedule } from "../pace/pacer.ts";
import { maxLinks, spentUntil, withLink } from "./budget.ts";
import {
  endOf,
  endRun,
  failedAttempt,
  interruption,
  lastRunOf,
  paceContext,
  refusedEnd,
  scheduleNow,
  waitOrLeave,
} from "./endings.ts";
import { type MachineMemory, ownMemory } from "./memory.ts";
import { type LinkPlan, planLink } from "./plan-link.ts";
import type { Identity, Known, LinkOptions, LinkVerdict } from "./ports.ts";
import { askedOf, standingRefusal } from "./refusal.ts";
import type { Attempt, Decision, Effect, Found, Moment, RunEvent, RunState } from "./run-state.ts";
import { addUnknown, stillUnknown } from "./unknown-devices.ts";

/** A run that has not begun. `now`: wall-clock milliseconds. */
export function newRun(
  options: LinkOptions,
  { attended, pid, now }: Pick<RunState, "attended" | "pid"> & { now: number },
): RunState {
  return {
    options,
    attended,
    pid,
    outwaited: false,
    counted: false,
    deadline: now + options.settings.deadline,
    memory: {},
    known: {},
    warnings: [],
    hurry: options.immediate,
    limited: false,
    unknown: undefined,
    schedule: undefined,
    failure: undefined,
    attempt: undefined,
  };
}

/**
 * All decisions of a run: from its state and an event to the effects. A run begins with a look-up. It links, waits and
 * looks everything up again until it succeeds, fails for good, or its deadline is near.
 */
export function decide(state: RunState, event: RunEvent, moment: Moment): Decision {
  switch (event.kind) {
    case "looked-up":
      return lookedUp({ ...state, outwaited: !event.mayWait }, event.memory, event.finding, moment);
    case "answered":
      return answered(state, event.candidate, event.verdict, moment);
    case "failed": {
      // An earlier attempt's failure says more than that the deadline cut this one off.
      const error = event.error === moment.ending ? (state.failure ?? event.error) : event.error;
      return failedAttempt(state, error, undefined, moment);
    }
    case "waited":
      return { state: { ...state, schedule: event.schedule }, effects: [{ kind: "look-up" }] };
    case "interrupted": {
      const end = endOf(interruption(event.cause, moment));
      const { memory: pace } = keep(event.schedule, paceContext(state, moment));
      const change = { pace, lastRun: lastRunOf(end, state, moment) };
      return {
        state,
        effects: [
          { kind: "amend", change },
          { kind: "end", end },
        ],
      };
    }
    case "locked-out":
      return endRun(state, undefined, endOf(event.error), moment);
  }
}

function lookedUp(before: RunState, memory: MachineMemory, found: Found, moment: Moment): Decision {
  const warnings = found.kind === "identity" ? found.identity.warnings : [];
  const state: RunState = { ...before, memory, known: {}, warnings, attempt: undefined };
  if (found.kind === "skipped") return endRun(state, memory, { outcome: "skipped", message: found.reason }, moment);
  if (found.kind === "failed") {
    return failedAttempt({ ...state, known: found.known ?? {} }, found.error, undefined, moment);
  }
  const { identity } = found;
  const own = ownMemory(memory, identity.hardware);
  const schedule = own.foreign ? undefined : state.schedule;
  const decided = planned({ ...state, memory: own.memory, schedule }, found, moment);
  return { ...decided, effects: [...lookUpNotes(identity, own.foreign), ...decided.effects] };
}

function lookUpNotes({ warnings }: Identity, foreign: boolean): readonly Effect[] {
  return [
    ...warnings.map((message): Effect => ({ kind: "log", level: "warn", event: "identity-warning", message })),
    ...(foreign ? [info("other-hardware", "the remembered link belongs to other hardware and is ignored")] : []),
  ];
}

const info = (event: string, message: string): Effect => ({ kind: "log", level: "info", event, message });

/** Whether a link is to be made now, later or not at all. */
function planned(state: RunState, found: Found & { kind: "identity" }, moment: Moment): Decision {
  const { identity, target, circumstances } = found;
  const { memory, options } = state;
  const { force, immediate, willRepeat } = options;
  const { relinkAfter } = options.settings;
  const plan = planLink(identity, target, memory.link, { now: moment.now, force, relinkAfter });
  if (plan.kind === "already-linked") return alreadyLinked(state, plan, moment);
  const { candidates } = plan;
  const known = aboutOf(identity, candidates[0]);
  // Another account may know identifiers that the earlier one did not.
  let unknown = stillUnknown(state.unknown, target, moment.now);
  const free = immediate || force;
  const spent = free || state.counted ? undefined : spentUntil(memory.links ?? [], moment.now);
  if (willRepeat && !free) {
    const standing = standingRefusal(memory.refusal, askedOf(found), moment.now);
    if (standing !== undefined) return endRun({ ...state, known }, memory, endOf(standing), moment);
    unknown = [...new Set([...unknown, ...stillUnknown(memory.unknown, target, moment.now)])];
  }
  const attempt: Attempt = { identity, target, circumstances, candidates };
  const trying: RunState = {
    ...state,
    known,
    unknown: addUnknown(undefined, unknown, target, moment.now),
    attempt,
    hurry: immediate || (!plan.spread && spent === undefined),
  };
  const schedule = scheduleNow(trying, moment);
  if (spent !== undefined && spent > schedule.notBefore) {
    const reason = `this device has asked for ${maxLinks} links within an hour`;
    return notDue(trying, { ...schedule, notBefore: spent, reason }, moment);
  }
  if (schedule.notBefore > moment.now) return notDue(trying, schedule, moment);
  const hurried = state.schedule === undefined && immediate && plan.spread && schedule.unhurried > moment.now;
  const wait = describeCountdown(schedule.unhurried - moment.now);
  const notes: readonly Effect[] = [
    ...(hurried ? [info("hurried", `Starting now; an unattended run would wait ${wait}: ${schedule.reason}`)] : []),
    { kind: "log", level: "debug", event: "trying", message: plan.reason },
  ];
  const asked = askNext({ ...(free ? trying : inBudget(trying, moment)), schedule }, attempt, moment);
  return { ...asked, effects: [...notes, ...asked.effects] };
}

function alreadyLinked(state: RunState, { link, reason }: LinkPlan & { kind: "already-linked" }, moment: Moment) {
  const { device, username, group } = link;
  const message = `linked since ${describeMoment(link.linkedAt)}; ${reason}`;
  const end = { outcome: "already-linked", device, username, group: group ?? undefined, message } as const;
  return endRun(state, state.memory, end, moment);
}

function inBudget(state: RunState, { now }: Moment): RunState {
  if (state.counted) return state;
  return { ...state, memory: { ...state.memory, links: withLink(state.memory.links ?? [], now) }, counted: true };
}

function notDue(state: RunState, schedule: Schedule, moment: Moment): Decision {
  const left = describeDuration(schedule.notBefore - moment.now);
  const error = new AgentError("not-due", `Not linked yet: ${schedule.reason}; the next attempt is due in ${left}.`);
  return waitOrLeave(state, schedule, error, moment);
}

/** @param candidate the one that is tried next */
export function aboutOf({ username, group }: Identity, candidate: Candidate | undefined): Known {
  return { device: candidate && deviceOf(candidate), username, group };
}

/** Tries the next identifier that may be known; without one, the API does not know the device. */
function askNext(state: RunState, attempt: Attempt, moment: Moment): Decision {
  const { identity, candidates } = attempt;
  const candidate = candidates.find(({ value }) => !state.unknown?.devices.includes(value));
  if (candidate === undefined) return refusedEnd(state, attempt, deviceNotFound(candidates), moment);
  return {
    state: { ...state, known: aboutOf(identity, candidate) },
    effects: [{ kind: "ask", candidate, identity, suspect: state.memory.refusal?.code === "token-refused" }],
  };
}

function answered(state: RunState, candidate: Candidate, verdict: LinkVerdict, moment: Moment): Decision {
  const { attempt, schedule } = state;
  if (attempt === undefined || schedule === undefined) throw new TypeError("an answer without a question");
  switch (verdict.kind) {
    case "linked":
      return linked(state, attempt, candidate, verdict.message, moment);
    case "rate-limited": {
      const message = "The account's rate limit is reached (429).";
      const error = new AgentError("too-many-requests", message);
      const limited = { ...state, limited: true };
      return waitOrLeave(limited, after(schedule, verdict, paceContext(limited, moment)), error, moment);
    }
    case "unavailable":
      return failedAttempt(state, verdict.error, verdict.notBefore, moment);
    case "device-unknown": {
      const { value, source } = candidate;
      const asked = askNext(
        { ...state, unknown: addUnknown(state.unknown, [value], attempt.target, moment.now) },
        attempt,
        moment,
      );
      const note = info("device-unknown", `the API does not know ${value} (${source})`);
      return { ...asked, effects: [note, ...asked.effects] };
    }
  }
}

function linked(state: RunState, attempt: Attempt, candidate: Candidate, message: string, moment: Moment): Decision {
  const { identity, target } = attempt;
  const { username, group } = identity;
  const device = deviceOf(candidate);
  const { value, source } = device;
  const link = { device, username, group: group ?? null, ...target, linkedAt: moment.now };
  const memory: MachineMemory = { ...state.memory, link };
  const ended = endRun(state, memory, { outcome: "linked", device, username, group, message }, moment);
  const note: Effect = {
    kind: "log",
    level: "info",
    event: "linked",
    message: `linked ${value} to ${username}`,
    fields: { device: value, source, username, group },
    end: true,
  };
  return { ...ended, effects: [note, ...ended.effects] };
}

function deviceNotFound(candidates: readonly Candidate[]): AgentError {
  const tried = candidates.map(({ value, source }) => `${value} (${source})`).join(", ");
  return new AgentError(
    "device-not-found",
    `No device in this tenant has these identifiers: ${tried}. Check that the vendor's client is installed and reports to this tenant (baseUrl) and to this credential's account, and that Privacy settings in the console let it report MAC addresses. Run linkuser-agent doctor --ask-server to see which identifiers the server knows.`,
  );
}
