import type { Reading } from "../../reading.ts";
import type { Settings } from "../../settings/table.ts";
import type { DeviceId } from "../device-id.ts";
import type { Adapter } from "../sources.ts";
import { detachableAdapter, namedAdapter, rankAdapters } from "./adapter-rank.ts";

/** The source of an identifier, as the setting `identify` names it. */
export type Source = Settings["identify"][number];

/** An identifier under which the server may know this device. */
export interface Candidate {
  readonly value: string;
  /** The API's `opt`: 0 for a MAC address, 1 for a HWID. */
  readonly opt: 0 | 1;
  readonly source: Source;
  /** Adapter name, or where the identifier was read. */
  readonly detail: string;
  /** The adapter is a USB adapter or in a dock. */
  readonly detachable?: true;
  /** The reason for its place in the order, for people. */
  readonly reason: string;
}

/** An identifier in reports and in the memory. */
export type Device = Omit<Candidate, "reason">;

export const deviceOf = ({ reason: _, ...device }: Candidate): Device => device;

/** For people: `00:0c:29:f2:7a:29 (mac, eth1, USB adapter or dock)`. */
export function describeDevice({ value, source, detail, detachable }: Device): string {
  return `${value} (${[source, detail, ...(detachable ? [detachableAdapter] : [])].join(", ")})`;
}

export interface PassedOver {
  readonly source: Source;
  readonly detail: string;
  readonly value: string | undefined;
  readonly reason: string;
  /** It could not be read, as opposed to not being there. */
  readonly failed: boolean;
}

/** The answer of each source of identifiers; sources that `identify` does not name are left out. */
export interface SourceReadings {
  readonly opswat?: readonly Reading<DeviceId>[];
  /** An unconfirmed device ID of the vendor's client, used if `opswat` has none. */
  readonly reported?: Reading<DeviceId>;
  readonly mac?: Reading<readonly Adapter[]>;
  readonly hwid?: readonly Reading<DeviceId>[];
}

export interface Candidates {
  /** In the order in which they are tried; different from one another. */
  readonly candidates: readonly Candidate[];
  readonly passedOver: readonly PassedOver[];
  /**
   * All identifiers that the hardware itself has, tried or not. The vendor client's device ID is not among them: it is
   * on the disk, so a cloned disk has it, too.
   */
  readonly hardware: readonly string[];
}

export type Listed = Pick<Candidates, "candidates" | "passedOver">;

/** Turns what the sources said into the identifiers to try, in the order of `identify`, at most `maxCandidates`. */
export function listCandidates(
  readings: SourceReadings,
  settings: Pick<Settings, "identify" | "interface" | "maxCandidates">,
): Candidates {
  const all: Candidate[] = [];
  const passedOver: PassedOver[] = [];
  for (const source of settings.identify) {
    const listed = listedFrom[source](readings, settings);
    all.push(...listed.candidates);
    passedOver.push(...listed.passedOver);
  }
  const distinct = all.filter((one, at) => all.findIndex((other) => other.value === one.value) === at);
  const candidates = distinct.slice(0, settings.maxCandidates);
  const reason = `more than maxCandidates (${settings.maxCandidates})`;
  for (const { source, detail, value } of distinct.slice(settings.maxCandidates)) {
    passedOver.push({ source, detail, value, reason, failed: false });
  }
  const hardware = distinct.filter(({ source }) => source !== "opswat").map(({ value }) => value);
  return { candidates, passedOver, hardware };
}

type ListFrom = (readings: SourceReadings, settings: Pick<Settings, "interface">) => Listed;

const listedFrom: Readonly<Record<Source, ListFrom>> = {
  opswat: ({ opswat = [], reported }) => {
    const confirmed = "the device ID of the vendor's client";
    const readings = reported === undefined ? opswat : [...opswat, reported];
    const reasonAt = (at: number) => (at < opswat.length ? confirmed : `reported as ${confirmed}, not confirmed`);
    return firstFound("opswat", readings, reasonAt);
  },
  mac: ({ mac }, settings) => {
    if (mac === undefined) return { candidates: [], passedOver: [] };
    if (mac.kind !== "found") return { candidates: [], passedOver: [unread("mac", mac)] };
    return settings.interface === undefined ? rankAdapters(mac.value) : namedAdapter(mac.value, settings.interface);
  },
  hwid: ({ hwid = [] }) =>
    firstFound("hwid", hwid, (at) =>
      at === 0 ? "the hardware's UUID" : "replaces the hardware's UUID, which is missing",
    ),
};

/**
 * The best identifier alone: the later readings are second choices. All readings of the vendor client's device ID look
 * for the same one, so the next may answer even after a failure, which is still reported. Another hardware identifier
 * could be the wrong one: only an absent one lets the next answer.
 * @param reasonAt by the place of the reading
 */
function firstFound(
  source: "opswat" | "hwid",
  readings: readonly Reading<DeviceId>[],
  reasonAt: (at: number) => string,
): Listed {
  const passedOver: PassedOver[] = [];
  for (const [at, reading] of readings.entries()) {
    if (reading.kind === "found") {
      const { value, origin: detail } = reading;
      return { candidates: [{ value, opt: 1, source, detail, reason: reasonAt(at) }], passedOver };
    }
    passedOver.push(unread(source, reading));
    if (reading.kind === "failed" && source === "hwid") break;
  }
  return { candidates: [], passedOver };
}

function unread(source: Source, reading: Exclude<Reading<unknown>, { kind: "found" }>): PassedOver {
  const failed = reading.kind === "failed";
  const reason = failed ? reading.error.message : reading.reason;
  return { source, detail: reading.origin, value: undefined, reason, failed };
}
