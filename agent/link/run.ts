import { describeCountdown, describeDuration } from "../duration.ts";
import { AgentError, asAgentError, type ErrorCode, framesOf } from "../errors.ts";
import { type Candidate, deviceOf } from "../identity/candidates.ts";
import { readPaceMemory } from "../pace/memory.ts";
import { after, begin, keep, type PaceContext, type Schedule, withoutBackOff } from "../pace/pacer.ts";
import { slotOf } from "../pace/slot.ts";
import { triggerInterval } from "../pace/trigger-interval.ts";
import { AwakeClock } from "./awake-clock.ts";
import type { Identity } from "./identity.ts";
import { type MachineMemory, ownMemory } from "./memory.ts";
import { planLink } from "./plan.ts";
import type { Known, LinkOptions, LinkPorts, LinkResult, LinkVerdict } from "./ports.ts";
import { askedOf, refusalOf, standingRefusal } from "./refusal.ts";
import { RunMemory } from "./run-memory.ts";
import { addUnknown, stillUnknown } from "./unknown-devices.ts";
import { waitFor } from "./wait.ts";

/** What one try came to: an end, or a moment for the next one with the failure that made it necessary. */
type Step =
  | { readonly kind: "end"; readonly end: End }
  | { readonly kind: "wait"; readonly schedule: Schedule; readonly cause: AgentError };

type End = Pick<LinkResult, "outcome" | "message"> & Partial<Known & Pick<LinkResult, "error">>;

/**
 * Links the device, waiting and trying again until it is done, it is certain that it can't be done, or the deadline is
 * near. Nothing is held while waiting: no lock, token or connection, and everything is looked up anew afterwards.
 * @param signal aborted at the deadline or when the process is asked to stop; its reason is an AgentError
 */
export async function runLink(ports: LinkPorts, options: LinkOptions, signal: AbortSignal): Promise<LinkResult> {
  const { clock } = ports;
  const started = clock.monotonic();
  const run = new LinkRun(ports, options);
  for (;;) {
    const step = await run.step(signal);
    const end = step.kind === "end" ? step.end : await run.wait(step, signal);
    if (end === undefined) continue;
    const known = end.error === undefined ? {} : run.known;
    const result = { device: undefined, username: undefined, group: undefined, error: undefined, ...known, ...end };
    return { ...result, requests: ports.requests(), elapsedMs: Math.round(clock.monotonic() - started) };
  }
}

/**
 * Faults of the network that a person can mend: a captive portal, TLS that is inspected or spoken by a stranger, a
 * clock that is not set yet. Unattended they are waited out; who watches is told at once. None of them costs a call of
 * the API.
 */
const mendable: readonly ErrorCode[] = ["intercepted", "tls-untrusted"];

class LinkRun {
  readonly #ports: LinkPorts;
  readonly #options: LinkOptions;
  readonly #memory: RunMemory;
  readonly #awake: AwakeClock;
  /** Wall-clock milliseconds. A try that comes later is left to the next run. */
  readonly #deadline: number;
  /** Identifiers that the API did not know, by value: asking again would cost a call for nothing. */
  readonly #unknown = new Set<string>();
  /** Of the last try. */
  #known: Known = {};
  /** Somebody waits, or the link is no part of a rollout: no try waits for a slot. */
  #hurry: boolean;
  /** The shared limit was reached in this run: from then on nothing is hurried. */
  #limited = false;
  #schedule: Schedule | undefined;
  #failure: AgentError | undefined;

  constructor(ports: LinkPorts, options: LinkOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#memory = new RunMemory(ports);
    this.#awake = new AwakeClock(ports.clock);
    this.#deadline = ports.clock.now() + options.settings.deadline;
    this.#hurry = options.immediate;
  }

  /** Whom and what the last try was about, as far as it came; told where it failed. */
  get known(): Known {
    return this.#known;
  }

  /** One try from the look-up to the remembered outcome, while no other run makes one. */
  async step(signal: AbortSignal): Promise<Step> {
    try {
      return await this.#ports.exclusively(async () => {
        const memory = this.#memory.read();
        return await this.#try(memory, signal).catch((thrown: unknown) =>
          this.#failed(memory, asAgentError(thrown), signal),
        );
      }, signal);
    } catch (thrown) {
      const error = asAgentError(thrown);
      this.#ports.endLog.error(error.code, error.message, { defect: framesOf(error) });
      return { kind: "end", end: failure(error) };
    }
  }

  /**
   * Waits without holding anything.
   * @returns the run's end where it is asked to end meanwhile
   */
  async wait({ schedule, cause }: Step & { kind: "wait" }, signal: AbortSignal): Promise<End | undefined> {
    this.#ports.log.info("waiting", schedule.reason, { until: new Date(schedule.notBefore).toISOString() });
    await this.#ports.rest();
    const waiting = {
      cause,
      context: () => this.#pace([]),
      remember: ({ memory: pace, notBefore }: Schedule) => this.#memory.amend({ pace, notBefore }, signal),
    };
    const next = await waitFor(schedule, waiting, this.#ports, signal);
    this.#schedule = next;
    if (!signal.aborted) return undefined;
    const end = failure(interruption(cause, signal));
    const { memory: pace } = keep(next, this.#pace([]));
    await this.#memory.amend({ pace, lastRun: this.#lastRun(end) }, signal);
    return end;
  }

  async #try(kept: MachineMemory, signal: AbortSignal): Promise<Step> {
    this.#known = {};
    const finding = await this.#ports.find(signal);
    if (finding.kind === "skipped") return this.#end(kept, { outcome: "skipped", message: finding.reason });
    if (finding.kind === "failed") {
      this.#known = finding.known ?? {};
      return this.#failed(kept, finding.error, signal);
    }

    const { identity } = finding;
    this.#about(identity, identity.candidates[0]);
    for (const warning of identity.warnings) this.#ports.log.warn("identity-warning", warning);
    const { memory, foreign } = ownMemory(kept, identity.hardware);
    if (foreign) {
      this.#schedule = undefined;
      this.#ports.log.info("other-hardware", "what is remembered was made on other hardware and is left aside");
    }
    const { settings, force } = this.#options;
    const target = this.#ports.target();
    const now = this.#ports.clock.now();
    const plan = planLink(identity, target, memory.link, { now, force, relinkAfter: settings.relinkAfter });
    if (plan.kind === "already-linked") {
      const { device, username, group } = plan.link;
      const since = new Date(plan.link.linkedAt).toISOString();
      const message = `linked since ${since}; ${plan.reason}`;
      return this.#end(memory, { outcome: "already-linked", device, username, group: group ?? undefined, message });
    }
    this.#about(identity, plan.candidates[0]);
    if (this.#options.willRepeat && !this.#options.immediate && !force) {
      const standing = standingRefusal(memory.refusal, askedOf(target, identity), now);
      if (standing !== undefined) return this.#end(memory, failure(standing));
      for (const value of stillUnknown(memory.unknown, target, now)) this.#unknown.add(value);
    }
    this.#hurry = this.#options.immediate || !plan.spread;
    const context = this.#pace(plan.candidates);
    const schedule = this.#current(memory, context);
    if (schedule.notBefore > context.now) {
      const left = describeDuration(schedule.notBefore - context.now);
      const notDue = new AgentError("not-due", `Not linked yet: ${schedule.reason}; the next try is due in ${left}.`);
      return this.#wait(memory, schedule, notDue, signal);
    }
    if (this.#schedule === undefined && this.#options.immediate && plan.spread && schedule.unhurried > context.now) {
      const wait = describeCountdown(schedule.unhurried - context.now);
      this.#ports.log.info("hurried", `starts at once; unattended it would wait ${wait}: ${schedule.reason}`);
    }
    this.#ports.log.debug("trying", plan.reason);
    return await this.#ask(memory, plan.candidates, identity, schedule, signal);
  }

  /** @param candidate the one that is tried, or would be first */
  #about({ username, group }: Identity, candidate: Candidate | undefined): void {
    this.#known = { device: candidate && deviceOf(candidate), username, group };
  }

  #current(memory: MachineMemory, context: PaceContext): Schedule {
    if (this.#schedule !== undefined) return keep(this.#schedule, context);
    const remembered = readPaceMemory(memory.pace);
    return begin(remembered && this.#options.immediate ? withoutBackOff(remembered) : remembered, context);
  }

  async #ask(
    memory: MachineMemory,
    candidates: readonly Candidate[],
    identity: Identity,
    schedule: Schedule,
    signal: AbortSignal,
  ): Promise<Step> {
    for (const candidate of candidates.filter(({ value }) => !this.#unknown.has(value))) {
      this.#about(identity, candidate);
      let answer: LinkVerdict;
      try {
        answer = await this.#ports.link(candidate, identity.username, identity.group, signal);
      } catch (thrown) {
        const error = asAgentError(thrown);
        // What a try before this one met says more than that the deadline cut this one off.
        const told = signal.aborted && error === signal.reason ? (this.#failure ?? error) : error;
        return this.#failed(memory, told, signal, { schedule, identity });
      }
      if (answer.kind === "linked") return this.#linked(memory, candidate, identity, answer.message);
      if (answer.kind === "rate-limited") {
        const error = new AgentError(
          "too-many-requests",
          "The account's limit of calls is used up by other devices (429).",
        );
        const event = { kind: "rate-limited", notBefore: answer.notBefore } as const;
        this.#limited = true;
        return this.#wait(memory, after(schedule, event, this.#pace(candidates)), error, signal);
      }
      if (answer.kind === "unavailable") {
        return this.#failed(memory, answer.error, signal, { schedule, identity, notBefore: answer.notBefore });
      }
      this.#unknown.add(candidate.value);
      this.#ports.log.info("device-unknown", `the API does not know ${candidate.value} (${candidate.source})`);
    }
    return this.#refused(memory, deviceNotFound(candidates), identity);
  }

  /** A refusal of this device alone is remembered, so that triggers do not ask the same at each of their starts. */
  #refused(memory: MachineMemory, error: AgentError, identity: Identity): Step {
    const { clock, random } = this.#ports;
    const asked = askedOf(this.#ports.target(), identity);
    const refusal = refusalOf(error, asked, memory.refusal, clock.now(), random());
    const { unknown: _, ...kept } = memory;
    return this.#end(refusal === undefined ? kept : { ...kept, refusal, notBefore: refusal.until }, failure(error));
  }

  #linked(memory: MachineMemory, candidate: Candidate, { username, group }: Identity, message: string): Step {
    const device = deviceOf(candidate);
    const { value, source } = device;
    const linkedAt = this.#ports.clock.now();
    const link = { device, username, group: group ?? null, ...this.#ports.target(), linkedAt };
    this.#ports.endLog.info("linked", `linked ${value} to ${username}`, { device: value, source, username, group });
    return this.#end({ ...memory, link }, { outcome: "linked", device, username, group, message });
  }

  /** What may pass by itself is tried again; everything else ends the run. */
  #failed(
    memory: MachineMemory,
    error: AgentError,
    signal: AbortSignal,
    known: { schedule?: Schedule; identity?: Identity; notBefore?: number | undefined } = {},
  ): Step {
    const { schedule, identity, notBefore } = known;
    const attended = this.#ports.countdown !== undefined;
    if (error.outcome !== "unreachable" && (attended || !mendable.includes(error.code))) {
      return identity === undefined ? this.#end(memory, failure(error)) : this.#refused(memory, error, identity);
    }
    const context = this.#pace(identity?.candidates ?? []);
    const event = { kind: "transient", notBefore } as const;
    const next = after(schedule ?? this.#current(memory, context), event, context);
    return this.#wait(memory, next, error, signal);
  }

  #end(memory: MachineMemory, end: End): Step {
    const { link, hardware } = memory;
    const done = end.outcome === "linked" || end.outcome === "already-linked";
    if (end.error !== undefined) {
      this.#ports.endLog.error(end.error.code, end.message, { defect: framesOf(end.error) });
    }
    const kept = done ? { ...(link && { link }), ...(hardware && { hardware }) } : memory;
    this.#memory.write({ ...kept, lastRun: this.#lastRun(end) });
    return { kind: "end", end };
  }

  /** Remembers when the next try is, and ends the run where that is left to another one. */
  #wait(memory: MachineMemory, schedule: Schedule, cause: AgentError, signal: AbortSignal): Step {
    this.#schedule = schedule;
    const { memory: pace, notBefore } = schedule;
    const error = this.#leaving(notBefore, cause, signal);
    if (cause.code !== "not-due") {
      this.#failure = cause;
      const { log, endLog } = this.#ports;
      (error === undefined ? log : endLog).warn(cause.code, cause.message);
    }
    const end = failure(error ?? cause);
    this.#memory.write({ ...this.#withUnknown(memory), pace, notBefore, lastRun: this.#lastRun(end) });
    return error === undefined ? { kind: "wait", schedule, cause } : { kind: "end", end };
  }

  #withUnknown(memory: MachineMemory): MachineMemory {
    if (this.#unknown.size === 0) return memory;
    const { target, clock } = this.#ports;
    return { ...memory, unknown: addUnknown(memory.unknown, [...this.#unknown], target(), clock.now()) };
  }

  /** What to end with where the try at `until` is left to another run; undefined to wait for it. */
  #leaving(until: number, cause: AgentError, signal: AbortSignal): AgentError | undefined {
    if (signal.aborted) return interruption(cause, signal);
    const left = until - this.#ports.clock.now();
    const late = until > this.#deadline;
    if (!late && (!this.#options.willRepeat || left <= triggerInterval)) return undefined;
    const limited = cause.outcome === "rate-limited";
    if (cause.code === "not-due" || (late && !limited)) return cause;
    const message = `${cause.message} The next try is due in ${describeDuration(left)}.`;
    return new AgentError(limited ? cause.code : "not-due", message, { cause });
  }

  #lastRun({ outcome, message, error }: End): NonNullable<MachineMemory["lastRun"]> {
    return { outcome, message, errorCode: error?.code ?? null, endedAt: this.#ports.clock.now() };
  }

  #pace(candidates: readonly Candidate[]): PaceContext {
    const { rateLimit, fleetSize, splay, retryInitialDelay, retryMaxDelay } = this.#options.settings;
    return {
      now: this.#ports.clock.now(),
      awake: this.#awake.seen(),
      random: this.#ports.random,
      slot: slotOf(candidates[0]?.value ?? ""),
      immediate: this.#hurry && !this.#limited,
      rateLimit,
      fleetSize,
      splay,
      retryInitialDelay,
      retryMaxDelay,
    };
  }
}

/** What a run that is asked to end during a wait ends with: what it met, where it met something. */
function interruption(cause: AgentError, signal: AbortSignal): AgentError {
  return cause.code === "not-due" ? asAgentError(signal.reason) : cause;
}

function failure(error: AgentError): End {
  const { outcome, message, code } = error;
  // Of identifiers that the API does not know none is the device.
  return { outcome, message, error, ...(code === "device-not-found" && { device: undefined }) };
}

function deviceNotFound(candidates: readonly Candidate[]): AgentError {
  const tried = candidates.map(({ value, source }) => `${value} (${source})`).join(", ");
  return new AgentError(
    "device-not-found",
    `The API knows this device by none of its identifiers: ${tried}. Is the vendor's client installed and has it reported to this tenant? See linkuser-agent --dry-run.`,
  );
}
