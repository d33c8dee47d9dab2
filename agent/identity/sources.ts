import type { Reading } from "../reading.ts";
import type { DeviceId } from "./device-id.ts";
import type { Mac } from "./mac.ts";

/** A network adapter as the operating system describes it. `adapter-rank.ts` interprets it. */
export interface Adapter {
  /** The name that an administrator knows: `eth0`, `Ethernet 2`. */
  readonly name: string;
  readonly mac: Mac | undefined;
  /** The address burnt into the hardware, where the system distinguishes it from the one in use. */
  readonly permanentMac: Mac | undefined;
  /** The kind of adapter; `physical` only if the system says that it is hardware. */
  readonly kind: "physical" | "virtual" | "loopback" | "other";
  /** The evidence in the system's data, for `--dry-run`: `"virtual adapter"`, `"Hyper-V switch port"`. */
  readonly kindReason: string;
  /**
   * The origin of the current address: by the maker, at random, set by software, or given to a dock by the machine that
   * it is plugged into (MAC address pass-through).
   */
  readonly addressAssigned: "permanent" | "random" | "set" | "passed-through" | "unknown";
  /** Can be unplugged, as in a dock, and then belongs to another machine; left out if that is unknown. */
  readonly detachable?: boolean;
  /** The adapter is up and has a link. */
  readonly up: boolean;
  /** Rank of its default route: 0 is the best; undefined without one. */
  readonly defaultRoute: number | undefined;
}

/** A logon session. One person may have several. */
export interface Session {
  /** The system's name for it, which a trigger passes as `--session`. */
  readonly id: string;
  /** Opaque key of the user for {@link IdentitySources.account}: a uid, a SID. Equal keys are the same person. */
  readonly userKey: string;
  /** `user` is a person's session; `other` a greeter's, a service's or a background one; `classReason` says which. */
  readonly class: "user" | "other";
  readonly classReason: string;
  /** `active` has the seat or screen now, `online` is logged on beside it, `closing` is ending. */
  readonly state: "active" | "online" | "disconnected" | "closing";
  /** At the machine itself rather than over the network. */
  readonly local: boolean;
  /** At a graphical or console seat rather than in a bare terminal. */
  readonly seat: string | undefined;
}

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
  /** The account's home: this machine, in Active Directory or another directory, in Entra ID, or a service's own. */
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
  readonly primary: boolean;
}

/**
 * Questions to the operating system about this device and its users; `platform/` fulfils it. Nothing here throws: what
 * can't be read is `failed`, what isn't there is `absent`.
 */
export interface IdentitySources {
  /** Runs as root, Administrator or SYSTEM. */
  readonly privileged: boolean;

  adapters(): Promise<Reading<readonly Adapter[]>>;
  /** Identifiers of the hardware, best first; each is tried where the one before is absent. */
  hardwareIds(): Promise<readonly Reading<DeviceId>[]>;
  /**
   * The vendor client's device ID, if it can be read without asking the client.
   * @param registryValue the setting `opswatRegistry`; used only on Windows
   */
  vendorDeviceId(registryValue?: string): Promise<Reading<DeviceId>>;
  /**
   * The device ID that the installed vendor's client is reported to use (not confirmed); left out if there is no
   * such report.
   */
  reportedDeviceId?(): Promise<Reading<DeviceId>>;
  sessions(): Promise<Reading<readonly Session[]>>;
  /** The user of this process, regardless of the environment; `absent` for root, SYSTEM and services. */
  caller(): Promise<Reading<{ readonly userKey: string }>>;
  account(userKey: string): Promise<Reading<Account>>;
  /** Looks an account up by any name that the system understands. */
  accountByName(name: string): Promise<Reading<Account>>;
  /** Asks the directory for a UPN that the account lacks; left out if no call gives one. */
  principalName?(account: Account): Promise<Reading<string>>;
  /** All groups, nested ones included. */
  groups(account: Account): Promise<Reading<readonly Group[]>>;
}
