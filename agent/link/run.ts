import type { Clock } from "../clock.ts";
import { AgentError, asAgentError, framesOf } from "../errors.ts";
import type { Outcome } from "../exit-codes.ts";
import type { Candidate } from "../identity/candidates.ts";
import type { Log } from "../log.ts";
import { readPaceMemory } from "../pace/memory.ts";
import { awakeTime } from "../pace/online-time.ts";
import { after, begin, keep, type PaceContext, type Schedule } from "../pace/pacer.ts";
import { slotOf } from "../pace/slot.ts";
import type { Settings } from "../settings/table.ts";
import type { Memory, MemoryStore, RememberedLink } from "./memory.ts";
import { type Identity, type LinkTarget, planLink } from "./plan.ts";

/** What the API said of one identifier. All other answers are thrown: `unreachable` ones are tried again. */
export type LinkAnswer =
  | { readonly kind: "linked"; readonly message: string }
  | { readonly kind: "device-unknown" }
  /** `notBefore`: wall-clock milliseconds before which the answer's headers forbid another try. */
  | { readonly kind: "rate-limited"; readonly notBefore: number | undefined };

/** Who is to be linked to what, looked up anew for every try: people log off while a run waits. */
export type Finding =
  | { readonly kind: "identity"; readonly identity: Identity }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: AgentError };

/** Calls made to the API so far. */
export interface RequestCount {
  readonly token: number;
  readonly linkUser: number;
}

export interface LinkPorts {
  find(signal: AbortSignal): Promise<Finding>;
  link(candidate: Candidate, username: string, group: string | undefined, signal: AbortSignal): Promise<LinkAnswer>;
  requests(): RequestCount;
  /** Ends connections and forgets tokens; called before every wait. */
  rest(): Promise<void>;
  /** Runs the work while no other run on this machine does. */
  exclusively<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface LinkOptions {
  readonly target: LinkTarget;
  readonly settings: Pick<
    Settings,
    "relinkAfter" | "deadline" | "rateLimit" | "fleetSize" | "splay" | "retryInitialDelay" | "retryMaxDelay"
  >;
  readonly force: boolean;
  /** Do not wait for this device's slot before the first try. */
  readonly immediate: boolean;
}

export interface LinkResult {
  readonly outcome: Outcome;
  readonly device: RememberedLink["device"] | undefined;
  readonly username: string | undefined;
  readonly group: string | undefined;
  readonly message: string;
  readonly error: AgentError | undefined;
  readonly requests: RequestCount;
  readonly elapsedMs: number;
}

/** What one try came to: an end, or a moment for the next one with the failure that made it necessary. */
type Step =
  | { readonly kind: "end"; readonly end: End }
  | { readonly kind: "wait"; readonly until: number; readonly reason: string; readonly failure: AgentError };

type End = Pick<LinkResult, "outcome" | "message"> &
  Partial<Pick<LinkResult, "device" | "username" | "group" | "error">>;

/**
 * Links the device, waiting and trying again until it is done, it is certain that it can't be done, or the deadline is
 * near. Nothing is held while waiting: no lock, token or connection, and everything is looked up anew afterwards.
 * @param signal aborted at the deadline or when the process is asked to stop; its reason is an AgentError
 */
export async function runLink(ports: LinkPorts, options: LinkOptions, signal: AbortSignal): Promise<LinkResult> {
  const { clock, log } = ports;
  const started = clock.monotonic();
  const deadline = clock.now() + options.settings.deadline;
  const run = new LinkRun(ports, options);
  for (;;) {
    const step = await run.step(signal);
    const end = step.kind === "end" ? step.end : endWithoutWaiting(step, deadline, signal);
    if (end !== undefined) {
      const result = { device: undefined, username: undefined, group: undefined, error: undefined, ...end };
      return { ...result, requests: ports.requests(), elapsedMs: Math.round(clock.monotonic() - started) };
    }
    if (step.kind !== "wait") continue;
    log.info("waiting", step.reason, { until: new Date(step.until).toISOString() });
    await ports.rest();
    await run.wait(step.until, signal);
  }
}

/** A try that comes after the deadline is left to the next run; so is one that the process is not given time for. */
function endWithoutWaiting(step: Step & { kind: "wait" }, deadline: number, signal: AbortSignal): End | undefined {
  if (signal.aborted) return failure(step.failure.code === "not-due" ? asAgentError(signal.reason) : step.failure);
  return step.until > deadline ? failure(step.failure) : undefined;
}

/** Milliseconds after which a wait looks at the clock again, which may have jumped, or stood still in a suspended machine. */
const glance = 30_000;
/** Milliseconds of waiting after which the time that the device was on is remembered; see `keep` in `pace/`. */
const signOfLife = 600_000;

class LinkRun {
  readonly #ports: LinkPorts;
  readonly #options: LinkOptions;
  /** Identifiers that the API did not know, by value: asking again would cost a call for nothing. */
  readonly #unknown = new Set<string>();
  /** Somebody waits, or the link is no part of a rollout: no try waits for a slot. */
  #hurry: boolean;
  /** The shared limit was reached in this run: from then on nothing is hurried. */
  #limited = false;
  #schedule: Schedule | undefined;
  #failure: AgentError | undefined;
  #awake = 0;
  /** Both clocks as they were when `#awake` was counted last. */
  #clocks: { readonly now: number; readonly monotonic: number } | undefined;
  /** What could not be written, for this run's own use. */
  #unsaved: Memory | undefined;

  constructor(ports: LinkPorts, options: LinkOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#hurry = options.immediate;
  }

  /** One try from the look-up to the remembered outcome, while no other run makes one. */
  async step(signal: AbortSignal): Promise<Step> {
    try {
      return await this.#ports.exclusively(async () => {
        const { memory, problem } = this.#ports.store.read();
        if (problem !== undefined) this.#ports.log.warn("state-unreadable", problem);
        return await this.#try(this.#unsaved ?? memory, signal);
      }, signal);
    } catch (thrown) {
      const error = asAgentError(thrown);
      this.#ports.log.error(error.code, error.message, { defect: framesOf(error) });
      return { kind: "end", end: failure(error) };
    }
  }

  /** Waits without holding anything; a machine that was off part of the time waits longer. */
  async wait(until: number, signal: AbortSignal): Promise<void> {
    const { clock, store, exclusively } = this.#ports;
    let keptAt = clock.monotonic();
    let next = until;
    for (let left = next - clock.now(); left > 0 && !signal.aborted; left = next - clock.now()) {
      await clock.sleep(Math.min(left, glance), signal);
      if (this.#schedule === undefined || clock.monotonic() - keptAt < signOfLife) continue;
      keptAt = clock.monotonic();
      const kept = keep(this.#schedule, this.#pace([]));
      this.#schedule = kept;
      next = kept.notBefore;
      await exclusively(
        async () => this.#remember({ ...store.read().memory, pace: kept.memory, notBefore: next }),
        signal,
      );
    }
  }

  async #try(memory: Memory, signal: AbortSignal): Promise<Step> {
    const finding = await this.#ports.find(signal);
    if (finding.kind === "skipped") return this.#end(memory, { outcome: "skipped", message: finding.reason });
    if (finding.kind === "failed") return this.#failed(memory, undefined, finding.error);

    const { identity } = finding;
    const { target, settings, force } = this.#options;
    const now = this.#ports.clock.now();
    const plan = planLink(identity, target, memory.link, { now, force, relinkAfter: settings.relinkAfter });
    if (plan.kind === "already-linked") {
      const { device, username, group } = plan.link;
      const since = new Date(plan.link.linkedAt).toISOString();
      const message = `linked since ${since}; ${plan.reason}`;
      return this.#end(memory, { outcome: "already-linked", device, username, group: group ?? undefined, message });
    }
    this.#hurry = this.#options.immediate || !plan.spread;
    const context = this.#pace(plan.candidates);
    const schedule = this.#current(memory, context);
    if (schedule.notBefore > context.now) {
      const notDue = new AgentError("not-due", `Not linked yet: ${schedule.reason}.`);
      return this.#wait(memory, schedule, notDue);
    }
    this.#ports.log.debug("trying", plan.reason);
    return await this.#ask(memory, plan.candidates, identity, schedule, signal);
  }

  #current(memory: Memory, context: PaceContext): Schedule {
    if (this.#schedule !== undefined) return keep(this.#schedule, context);
    return begin(readPaceMemory(memory.pace), context);
  }

  async #ask(
    memory: Memory,
    candidates: readonly Candidate[],
    identity: Identity,
    schedule: Schedule,
    signal: AbortSignal,
  ): Promise<Step> {
    for (const candidate of candidates.filter(({ value }) => !this.#unknown.has(value))) {
      let answer: LinkAnswer;
      try {
        answer = await this.#ports.link(candidate, identity.username, identity.group, signal);
      } catch (thrown) {
        const error = asAgentError(thrown);
        // What a try before this one met says more than that the deadline cut this one off.
        const told = signal.aborted && error === signal.reason ? (this.#failure ?? error) : error;
        return this.#failed(memory, schedule, told, identity);
      }
      if (answer.kind === "linked") return this.#linked(memory, candidate, identity, answer.message);
      if (answer.kind === "rate-limited") {
        const error = new AgentError(
          "too-many-requests",
          "The account's limit of calls is used up by other devices (429).",
        );
        const event = { kind: "rate-limited", notBefore: answer.notBefore } as const;
        this.#limited = true;
        return this.#wait(memory, after(schedule, event, this.#pace(candidates)), error);
      }
      this.#unknown.add(candidate.value);
      this.#ports.log.info("device-unknown", `the API does not know ${candidate.value} (${candidate.source})`);
    }
    const { username, group } = identity;
    return this.#end(memory, { ...failure(deviceNotFound(candidates)), username, group });
  }

  #linked(memory: Memory, candidate: Candidate, { username, group }: Identity, message: string): Step {
    const { value, opt, source, detail } = candidate;
    const device = { value, opt, source, detail };
    const linkedAt = this.#ports.clock.now();
    const link = { device, username, group: group ?? null, ...this.#options.target, linkedAt };
    this.#ports.log.info("linked", `linked ${value} to ${username}`, { device: value, source, username, group });
    return this.#end({ ...memory, link }, { outcome: "linked", device, username, group, message });
  }

  /** What may pass by itself is tried again; everything else ends the run. */
  #failed(memory: Memory, schedule: Schedule | undefined, error: AgentError, identity?: Identity): Step {
    if (error.outcome !== "unreachable") {
      return this.#end(memory, { ...failure(error), username: identity?.username, group: identity?.group });
    }
    const context = this.#pace(identity?.candidates ?? []);
    const event = { kind: "transient", notBefore: undefined } as const;
    const next = after(schedule ?? this.#current(memory, context), event, context);
    return this.#wait(memory, next, error);
  }

  #end(memory: Memory, end: End): Step {
    const { link } = memory;
    const done = end.outcome === "linked" || end.outcome === "already-linked";
    if (end.error !== undefined) {
      this.#ports.log.error(end.error.code, end.message, { defect: framesOf(end.error) });
    }
    const kept = done ? { ...(link === undefined ? {} : { link }) } : memory;
    this.#remember({ ...kept, lastRun: this.#lastRun(end) });
    return { kind: "end", end };
  }

  #wait(memory: Memory, schedule: Schedule, cause: AgentError): Step {
    if (cause.code !== "not-due") {
      this.#failure = cause;
      this.#ports.log.warn(cause.code, cause.message);
    }
    const { notBefore, reason } = schedule;
    this.#schedule = schedule;
    this.#remember({ ...memory, pace: schedule.memory, notBefore, lastRun: this.#lastRun(failure(cause)) });
    return { kind: "wait", until: notBefore, reason, failure: cause };
  }

  #lastRun({ outcome, message, error }: End): NonNullable<Memory["lastRun"]> {
    return { outcome, message, errorCode: error?.code ?? null, endedAt: this.#ports.clock.now() };
  }

  /** A memory that can't be kept costs a call at the next logon, not this link. */
  #remember(memory: Memory): void {
    try {
      this.#ports.store.write(memory);
      this.#unsaved = undefined;
    } catch (thrown) {
      this.#unsaved = memory;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      this.#ports.log.warn("state-unwritable", `the outcome can't be remembered: ${message}`);
    }
  }

  /** How long the device has been awake in this run, ms; asked at least at every sign of life. */
  #awakeNow(): number {
    const now = this.#ports.clock.now();
    const monotonic = this.#ports.clock.monotonic();
    const last = this.#clocks ?? { now, monotonic };
    this.#awake += awakeTime(now - last.now, monotonic - last.monotonic);
    this.#clocks = { now, monotonic };
    return this.#awake;
  }

  #pace(candidates: readonly Candidate[]): PaceContext {
    const { rateLimit, fleetSize, splay, retryInitialDelay, retryMaxDelay } = this.#options.settings;
    return {
      now: this.#ports.clock.now(),
      awake: this.#awakeNow(),
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

function failure(error: AgentError): End {
  return { outcome: error.outcome, message: error.message, error };
}

function deviceNotFound(candidates: readonly Candidate[]): AgentError {
  const tried = candidates.map(({ value, source }) => `${value} (${source})`).join(", ");
  return new AgentError(
    "device-not-found",
    `The API knows this device by none of its identifiers: ${tried}. Is the vendor's client installed and has it reported to this tenant? See linkuser-agent --dry-run.`,
  );
}
