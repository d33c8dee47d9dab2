import type { AgentError } from "../errors.ts";
import type { Outcome } from "../exit-codes.ts";
import type { Account, IdentitySources } from "../identity/sources.ts";
import type { SystemLogOn } from "../network/log-on/system-log-on.ts";
import type { SystemProxy } from "../network/proxy/choice.ts";
import type { Reading } from "../reading.ts";
import type { Secret } from "../secret.ts";
import type { ResolvedSettings } from "../settings/layers.ts";

import type { ToolReading } from "./tool-reading.ts";

export type { Account, Adapter, Group, Session } from "../identity/sources.ts";

/** Where things are kept, absolute. See the contract's table of platforms. */
export interface Paths {
  readonly configFile: string;
  readonly credentialFile: string;
  readonly stateDir: string;
  readonly logFile: string;
}

/** One raw layer of settings from the administrator's management tool, before validation. */
export interface RawPolicy {
  readonly origin: string;
  /** The spelling of its names: Pascal case in a registry, elsewhere as in the settings file. */
  readonly spelling: "registry" | "file";
  readonly values: Readonly<Record<string, unknown>>;
}

/** A part of the bindings, and a call into it; false if the answer has an unknown form. */
export type BindingPart = readonly [part: string, works: () => boolean | Promise<boolean>];

/** How ordinary users can reach a file. */
export interface Exposure {
  /** For people, completes "…: ". */
  readonly why: string;
  /** The command that ends it. */
  readonly remedy: string;
}

/** Kinds of events in the event log: a run's end, and warnings. */
export type EventKind = Exclude<Outcome, "dry-run"> | "warning";

/** The validated parts that `install` puts on this machine. Undefined parts stay unchanged. */
export interface InstallRequest {
  /** This program's own file, absolute and without links, for the logon trigger. */
  readonly executable: string;
  /** The credential file's whole text. */
  readonly credential: Secret | undefined;
  /** The settings file's whole new text. */
  readonly settings: string | undefined;
}

/** One thing that an installation changes or leaves alone, known before anything is done. */
export interface InstallStep {
  /** For people: `logon trigger /etc/systemd/system/linkuser-agent@.service`. */
  readonly what: string;
  /** `keep`: it is already correct. `absent`: it is not there and need not be. */
  readonly change: "create" | "update" | "keep" | "remove" | "absent";
  /**
   * Makes the whole change or none; called once, and not for `keep` and `absent`.
   * @returns a function that restores the earlier state, as far as possible
   * @throws AgentError
   */
  apply(): Undo;
}

/** @throws AgentError */
export type Undo = () => void;

export interface Listener {
  /** Root or SYSTEM, or a service that an administrator set up. */
  readonly trusted: boolean;
  /** For people: `root`, `the user ID 1001`. */
  readonly owner: string;
}

/**
 * The interface through which the rest of the program uses the operating system. Each system has one implementation;
 * `select.ts` picks it. Nothing here throws: what can't be read is `failed`, what isn't there is `absent`.
 */
export interface Platform extends IdentitySources {
  readonly name: "linux" | "windows" | "macos";
  readonly paths: Paths;
  policy(): Reading<RawPolicy>;
  /**
   * Whether this process's terminal is invisible. Left out if only people have terminals; Windows gives a console
   * even to programs of services and of the Task Scheduler.
   */
  unseen?(): boolean;
  /**
   * Whether a person other than the system's administrator account started this run, by facts that the person can't
   * set; true if they can't be read.
   */
  startedByPerson(): boolean;
  /**
   * Keeps the memory of a run with rights, which has the account's secret in it, out of core dumps and away from other
   * processes; called once, before a credential is read. Left out if the system does that by itself.
   */
  forbidDumps?(): void;
  /**
   * The owner of the listener on a TCP port of 127.0.0.1: any user may listen, and its answer names this device.
   * `absent` if nobody listens. Left out if the system does not say.
   */
  listenerOwner?(port: number): Reading<Listener>;
  /**
   * Whether a user other than an administrator created the settings file or its folder; installing sets it aside. Left
   * out if others can't make one.
   */
  settingsArePlanted?(): Promise<boolean>;
  /** The content of a file that holds a secret; `failed` with `credentials-exposed` where others may read it. */
  readProtected(path: string): Reading<string>;
  /**
   * The content of a file that decides a run's destination or trust, of at most 1 MiB; `failed` with `settings-exposed`
   * where ordinary users may change or replace it, else with `settings-unreadable`.
   */
  readTrusted(path: string): Reading<Buffer>;
  /**
   * How the system's own settings reach a URL; `absent` if they say nothing. Its origin names the setting. Left out
   * if this system's settings are not read. A privileged run reads only what administrators alone can set.
   */
  systemProxy?(url: URL): Promise<Reading<SystemProxy>>;
  /** The administrator's file of which a path of this run is a copy; undefined for other paths. */
  originalOf?(path: string): string | undefined;
  /** Files of the system whose change may end a refusal: those of {@link systemProxy}, and the machine's keytab. */
  readonly systemFiles?: readonly string[];
  /**
   * The system's log-on to proxies and servers by this run's account. Left out if there is no log-on on this system.
   */
  readonly systemLogOn?: SystemLogOn;
  /**
   * Ends the process at once with an exit code, without waiting for its threads. Left out if Node's own exit is enough.
   */
  endProcess?(code: number): void;
  /** Writes to the system's event log; `absent` if standard error goes there anyway. */
  reportEvent(kind: EventKind, message: string): Reading<"reported">;
  /**
   * Tries to take an exclusive lock on a file (made where missing) without waiting; `absent` if another has it. It is
   * held until disposed of, or until the process ends in any way.
   */
  tryLock(path: string): Reading<Disposable>;
  /**
   * The trigger that starts this program at a logon, for people; `absent` if nothing does. Left out if the system does
   * not say.
   */
  trigger?(): Reading<string>;
  /** Files in the settings that this run can use, but the trigger's run can't. Left out if that run has all rights. */
  unusableForTrigger?(settings: ResolvedSettings): AgentError | undefined;
  /** Whether the vendor's client is installed, by traces of its installation. Left out if that is not known. */
  vendorClientInstalled?(): boolean;
  /**
   * Readings by the system's own tools, which only `doctor --compare` starts. A user's facts are left out if there
   * is no user.
   */
  readTools?(account: Account | undefined): Promise<readonly ToolReading[]>;
  /** Calls each system library for something whose form is known. Left out if other checks call all of them. */
  selfTest?(): Promise<readonly BindingPart[]>;
  /**
   * Restricts the state folder's files to administrators; left out if file modes do that.
   * @throws AgentError
   */
  protectFolder?(path: string): void;

  /**
   * The steps that install the settings, the protected credential and the logon trigger, in order. Changes nothing yet.
   * @throws AgentError
   */
  installSteps(request: InstallRequest): Promise<readonly InstallStep[]>;
  /**
   * The steps that remove the logon trigger and the credential.
   * @param purge also the settings file, the state and the log
   * @throws AgentError
   */
  uninstallSteps(purge: boolean): Promise<readonly InstallStep[]>;
}
