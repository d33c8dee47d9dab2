import type { AgentError } from "../errors.ts";
import type { Candidate } from "../identity/device/candidates.ts";
import type { LogFields } from "../log.ts";
import type { Schedule } from "../pace/pacer.ts";
import type { MachineMemory } from "./memory.ts";
import type { Identity, IdentityFinding, Known, LinkOptions, LinkResult, LinkTarget, LinkVerdict } from "./ports.ts";
import type { UnknownDevices } from "./unknown-devices.ts";

/** The state of a run between two decisions: plain data. */
export interface RunState {
  readonly options: LinkOptions;
  /** A person sees the run. */
  readonly attended: boolean;
  readonly pid: number;
  /** Wall-clock milliseconds. An attempt that is due later is left to the next run. */
  readonly deadline: number;
  /** As read at the last look-up. */
  readonly memory: MachineMemory;
  /** Device and user of the last attempt, as far as known; reported if it failed. */
  readonly known: Known;
  /** Warnings of the last look-up, which still succeeded. */
  readonly warnings: readonly string[];
  /** The run is attended, or the link is not part of a rollout: no attempt waits for a slot. */
  readonly hurry: boolean;
  /** The shared limit was reached in this run: from then on nothing is hurried. */
  readonly limited: boolean;
  /** Identifiers that the account of the last attempt did not know: asking again would cost a call for nothing. */
  readonly unknown: UnknownDevices | undefined;
  /** Undefined until the first decision about time. */
  readonly schedule: Schedule | undefined;
  /** An unattended run without the right to wait: another run has it. */
  readonly outwaited: boolean;
  readonly counted: boolean;
  /** The last failure that was waited out. */
  readonly failure: AgentError | undefined;
  /** The attempt whose question is being answered. */
  readonly attempt: Attempt | undefined;
}

export interface Attempt {
  readonly identity: Identity;
  readonly target: LinkTarget;
  readonly circumstances: string;
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[];
}

export type Found =
  | Exclude<IdentityFinding, { readonly kind: "identity" }>
  | ({ readonly kind: "identity" } & Omit<Attempt, "candidates">);

export type RunEvent =
  /** `mayWait`: this run has the right to wait, or is attended and needs none. */
  | {
      readonly kind: "looked-up";
      readonly memory: MachineMemory;
      readonly finding: Found;
      readonly mayWait: boolean;
    }
  | { readonly kind: "answered"; readonly candidate: Candidate; readonly verdict: LinkVerdict }
  /** No answer, or a final one. */
  | { readonly kind: "failed"; readonly error: AgentError }
  | { readonly kind: "waited"; readonly schedule: Schedule }
  /** Asked to end during a wait. */
  | { readonly kind: "interrupted"; readonly schedule: Schedule; readonly cause: AgentError }
  /** Another run held the lock until this one was asked to end, or the lock can't be used. */
  | { readonly kind: "locked-out"; readonly error: AgentError };

export interface Moment {
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** How long the device has been awake in this run, ms. */
  readonly awake: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Why the run has to end; undefined while it continues. */
  readonly ending: AgentError | undefined;
}

/** How a run ends, before its calls and its time are counted. */
export type End = Pick<LinkResult, "outcome" | "message"> & Partial<Known & Pick<LinkResult, "error">>;

/** What is to be done. The last effect of a decision is its move, which brings the next event or ends the run. */
export type Effect = Note | Move;

type Note =
  /** `end`: the result says the same. */
  | {
      readonly kind: "log";
      readonly level: "error" | "warn" | "info" | "debug";
      readonly event: string;
      readonly message: string;
      readonly fields?: LogFields;
      readonly end?: true;
    }
  /** Replaces what is remembered; the lock is held. */
  | { readonly kind: "remember"; readonly memory: MachineMemory }
  /** Changes the memory after a wait, unless another run has replaced it. */
  | { readonly kind: "amend"; readonly change: Pick<MachineMemory, "pace" | "lastRun"> };

type Move =
  /** Takes the lock, reads the memory and finds out device and user. */
  | { readonly kind: "look-up" }
  | { readonly kind: "ask"; readonly candidate: Candidate; readonly identity: Identity; readonly suspect: boolean }
  /** Releases the lock and everything else, then waits. */
  | { readonly kind: "wait"; readonly schedule: Schedule; readonly cause: AgentError }
  | { readonly kind: "end"; readonly end: End };

export interface Decision {
  readonly state: RunState;
  readonly effects: readonly Effect[];
}
