import type { Outcome } from "../exit-codes.ts";
import type { DeviceId } from "../identity/device-id.ts";
import type { Mac } from "../identity/mac.ts";
import type { SystemProxy } from "../proxy/choice.ts";
import type { Reading } from "../reading.ts";
import type { Secret } from "../secret.ts";

/** A network adapter as the operating system describes it. What it means for identity is decided in `identity/`. */
export interface Adapter {
  /** The name that an administrator knows: `eth0`, `Ethernet 2`. */
  readonly name: string;
  readonly mac: Mac | undefined;
  /** The address burnt into the hardware, where the system tells it apart from the one in use. */
  readonly permanentMac: Mac | undefined;
  /** What kind of thing it is; `physical` only where the system says that hardware is behind it. */
  readonly kind: "physical" | "virtual" | "loopback" | "other";
  /** Why the system's data say so, for `--dry-run`: `"no device behind it"`, `"Hyper-V switch port"`. */
  readonly kindReason: string;
  /** The address in use was chosen at random or set by software, not by the maker. */
  readonly addressAssigned: "permanent" | "random" | "set" | "unknown";
  /** Plugged in from outside, as a dock's, which serves whichever machine it is plugged into; left out where it can't be told. */
  readonly detachable?: boolean;
  /** The adapter is up and has a link. */
  readonly up: boolean;
  /** Rank of the default route through it: 0 is the best; undefined where none leads through it. */
  readonly defaultRoute: number | undefined;
}

/** A logon session. One person may have several. */
export interface Session {
  /** What the system calls it; what a trigger passes as `--session`. */
  readonly id: string;
  /** Opaque key of the user for {@link Platform.account}: a uid, a SID. Equal keys are the same person. */
  readonly userKey: string;
  /** `user` is a person's session; `other` a greeter's, a service's or a background one, told by `classReason`. */
  readonly class: "user" | "other";
  readonly classReason: string;
  /** `active` has the seat or screen now, `online` is logged on beside it, `closing` is on its way out. */
  readonly state: "active" | "online" | "disconnected" | "closing";
  /** At the machine itself rather than over the network. */
  readonly local: boolean;
  /** With a screen of its own (graphical or console seat) rather than a bare terminal. */
  readonly seat: string | undefined;
}

/** A user account as the operating system names it. */
export interface Account {
  readonly userKey: string;
  /** The system's own spelling: `alice`, `CORP\alice`, `alice@corp.example.com`. */
  readonly systemName: string;
  /** SAM account name: without any domain. */
  readonly sam: string;
  /** NetBIOS or DNS name of the domain, as the system gives it; undefined for an account of this machine alone. */
  readonly domain: string | undefined;
  /** User principal name, where the system knows it. */
  readonly upn: string | undefined;
  /** Where the account is kept: on this machine, in Active Directory or another directory, in Entra ID, or a service's own. */
  readonly kind: "local" | "domain" | "entra" | "system";
}

/** A group in which an account is, directly or through other groups. */
export interface Group {
  /** The system's own spelling: `domain users`, `CORP\Sales EMEA`. */
  readonly systemName: string;
  /** The bare name: `Sales EMEA`. */
  readonly name: string;
  readonly domain: string | undefined;
  /** Only `domain` groups may be sent: local and well-known ones mean nothing to the console. */
  readonly kind: "domain" | "local" | "well-known";
  /** The account's primary group. */
  readonly primary: boolean;
}

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
  /** How its names are spelled there: in Pascal case in a registry, as in the settings file elsewhere. */
  readonly spelling: "registry" | "file";
  readonly values: Readonly<Record<string, unknown>>;
}

/** One part of the bindings to the system's libraries. */
export interface BindingCheck {
  readonly part: string;
  /** What was wrong with it; undefined where it works. */
  readonly problem: string | undefined;
}

/** What the event log is told: how a run ended, and warnings. */
export type EventKind = Exclude<Outcome, "dry-run"> | "warning";

/** What `install` is to put on this machine; all of it was validated. What is undefined stays as it is. */
export interface InstallRequest {
  /** This program's own file, absolute and without links: what the logon trigger starts. */
  readonly executable: string;
  /** The credential file's whole text. */
  readonly credential: Secret | undefined;
  /** The settings file's whole new text. */
  readonly settings: string | undefined;
}

/** One thing that an installation changes or leaves alone, known before anything is done. */
export interface InstallStep {
  /** For a person: `logon trigger /etc/systemd/system/linkuser-agent@.service`. */
  readonly what: string;
  /** `keep`: it is there as it should be. `absent`: it is not there and need not be. */
  readonly change: "create" | "update" | "keep" | "remove" | "absent";
  /**
   * Makes the change, wholly or not at all; called once, and not for `keep` and `absent`.
   * @returns what puts back what was there before, as far as that is possible
   * @throws AgentError
   */
  apply(): Undo;
}

/** @throws AgentError */
export type Undo = () => void;

/** Holds an exclusive lock until disposed, or until the process ends in whatever way. */
export interface HeldLock extends Disposable {}

/**
 * All that the rest of the program knows of the operating system. Each system has one implementation; `select.ts`
 * picks it. Nothing here throws: what can't be read is `failed`, what isn't there is `absent`.
 */
export interface Platform {
  readonly name: "linux" | "windows" | "macos";
  readonly paths: Paths;
  /** Runs as root, Administrator or SYSTEM. */
  readonly privileged: boolean;

  policy(): Reading<RawPolicy>;
  adapters(): Promise<Reading<readonly Adapter[]>>;
  /** Identifiers of the hardware, best first; each is tried where the one before is absent. */
  hardwareIds(): Promise<readonly Reading<DeviceId>[]>;
  /**
   * The vendor client's own device ID, where it can be read without asking that client.
   * @param registryValue the setting `opswatRegistry`; of use on Windows alone
   */
  vendorDeviceId(registryValue?: string): Promise<Reading<DeviceId>>;
  /** Whether anything listens at a TCP port of loopback. Missing where a connection is the quickest way to know. */
  listens?(port: number): Reading<boolean>;
  sessions(): Promise<Reading<readonly Session[]>>;
  /** The user as whom this process runs, whatever the environment says; `absent` for root, SYSTEM and services. */
  caller(): Promise<Reading<{ readonly userKey: string }>>;
  account(userKey: string): Promise<Reading<Account>>;
  /** Looks an account up by any name that the system understands. */
  accountByName(name: string): Promise<Reading<Account>>;
  /** Asks the directory for a UPN that the account does not bring along; left out where no call gives one. */
  principalName?(account: Account): Promise<Reading<string>>;
  /** All groups, nested ones included. */
  groups(account: Account): Promise<Reading<readonly Group[]>>;

  /** The content of a file that holds a secret; `failed` with `credentials-exposed` where others may read it. */
  readProtected(path: string): Reading<string>;
  /** Whether ordinary users may change a file; a privileged run refuses such settings. */
  writableByOthers(path: string): Reading<boolean>;
  /**
   * How the system's own settings reach a URL; `absent` where they say nothing. Its origin names the setting. Left out where
   * this system's settings are not read. A privileged run reads only what administrators alone can set.
   */
  systemProxy?(url: URL): Promise<Reading<SystemProxy>>;
  /** Runs a PAC script for a URL, where {@link systemProxy} may name one; gives its result. @throws AgentError */
  runProxyScript?(script: string, url: URL): Promise<string>;
  /** Tells the system's own event log, which administrators watch; `absent` where standard error goes there anyway. */
  reportEvent(kind: EventKind, message: string): Reading<"reported">;
  /** Tries to take an exclusive lock on a file (made where missing) without waiting; `absent` where another has it. */
  tryLock(path: string): Reading<HeldLock>;
  /** What starts this program at a logon, for a person; `absent` where nothing does. Left out where it can't be told. */
  trigger?(): Reading<string>;
  /** Calls each system library for something whose form is known. Left out where other checks call all of them. */
  selfTest?(): Promise<readonly BindingCheck[]>;
  /** Makes the state folder one whose files administrators alone open; left out where file modes do that. @throws AgentError */
  protectFolder?(path: string): void;

  /**
   * What puts the settings, the protected credential and the logon trigger in place, in the order in which it is done.
   * Changes nothing yet. @throws AgentError
   */
  installSteps(request: InstallRequest): Promise<readonly InstallStep[]>;
  /**
   * What removes the logon trigger and the credential.
   * @param purge also the settings file, the state and the log
   * @throws AgentError
   */
  uninstallSteps(purge: boolean): Promise<readonly InstallStep[]>;
}
