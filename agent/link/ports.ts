import type { Clock } from "../clock.ts";
import type { AgentError } from "../errors.ts";
import type { Outcome } from "../exit-codes.ts";
import type { Candidate, Device } from "../identity/device/candidates.ts";
import type { Log } from "../log.ts";
import type { PaceEvent } from "../pace/pacer.ts";
import type { Settings } from "../settings/table.ts";
import type { MemoryStore } from "./memory.ts";

/** The device and its user, as found for one attempt. */
export interface Identity {
  /** At least one, in the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** All identifiers of the hardware, tried or not. */
  readonly hardware: readonly string[];
  readonly username: string;
  readonly group: string | undefined;
  /** User names that differ by case are different users: true for local Linux accounts. */
  readonly exactNames?: boolean;
  /** Look-ups that failed without keeping the link from being made. */
  readonly warnings: readonly string[];
}

export interface LinkTarget {
  readonly tenant: string;
  readonly account: string | null;
}

/**
 * The API's answer about one identifier. All other answers are thrown: `unreachable` ones are followed by another
 * attempt. `notBefore`: wall-clock milliseconds before which the answer's headers forbid another attempt.
 */
export type LinkVerdict =
  | { readonly kind: "linked"; readonly message: string }
  | { readonly kind: "device-unknown" }
  | Extract<PaceEvent, { readonly kind: "rate-limited" }>
  /** The server returned an error of its own (5xx). */
  | { readonly kind: "unavailable"; readonly error: AgentError; readonly notBefore: number | undefined };

/** User and device to be linked, looked up again for every attempt: people log off while a run waits. */
export type IdentityFinding =
  | { readonly kind: "identity"; readonly identity: Identity }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: AgentError; readonly known?: Known };

export interface RequestCount {
  readonly token: number;
  readonly linkUser: number;
}

/** The interfaces that a run needs; adapters implement them. */
export interface LinkPorts {
  /** @throws AgentError where there are no credentials that name the account */
  target(): LinkTarget;
  find(signal: AbortSignal): Promise<IdentityFinding>;
  /** Differs if settings, credential or networks have changed since; contains nothing secret. */
  circumstances(): string;
  /** @param suspect the API refused a new token in the last attempt */
  link(
    candidate: Candidate,
    username: string,
    group: string | undefined,
    signal: AbortSignal,
    suspect: boolean,
  ): Promise<LinkVerdict>;
  requests(): RequestCount;
  /** Closes connections and forgets secrets, except a paid token with `keepPaid`; called before every wait. */
  rest(keepPaid: boolean): Promise<void>;
  /** Keeps other runs on this machine from looking up and linking until it is disposed. @throws AgentError */
  lock(signal: AbortSignal): Promise<Disposable>;
  /**
   * The right to wait, which one unattended run on this machine has until it is disposed; undefined if another run has
   * it.
   */
  claimWait(): Disposable | undefined;
  readonly pid: number;
  /** This device's addresses in its networks; a new one means that a network has come back. */
  addresses(): readonly string[];
  /** In an attended run; else undefined. */
  readonly countdown: Countdown | undefined;
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** For events that the run's result reports as well. */
  readonly endLog: Log;
}

export interface Countdown {
  /** Called every second. @param left ms @param cause what made the wait necessary */
  show(left: number, cause: AgentError): void;
  erase(): void;
}

export interface LinkOptions {
  readonly settings: Pick<
    Settings,
    "relinkAfter" | "deadline" | "rateLimit" | "fleetSize" | "splay" | "retryInitialDelay" | "retryMaxDelay"
  >;
  readonly force: boolean;
  /** Do not wait for this device's slot before the first attempt. */
  readonly immediate: boolean;
  /** A trigger starts runs again and again: long waits are left to a later run. */
  readonly willRepeat: boolean;
}

/** The device and the user of a run, as far as known. */
export type Known = Partial<Pick<LinkResult, "device" | "username" | "group">>;

export interface LinkResult {
  readonly outcome: Outcome;
  readonly device: Device | undefined;
  readonly username: string | undefined;
  readonly group: string | undefined;
  readonly message: string;
  readonly error: AgentError | undefined;
  readonly requests: RequestCount;
  readonly elapsedMs: number;
}
