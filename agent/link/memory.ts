import { latestMoment } from "../duration.ts";
import { type ErrorCode, outcomeByCode } from "../errors.ts";
import type { Outcome } from "../exit-codes.ts";
import type { Device, Source } from "../identity/device/candidates.ts";
import { printableJson } from "../printable.ts";
import { type Asked, isRefusalCode, type Refusal } from "./refusal.ts";
import type { UnknownDevices } from "./unknown-devices.ts";

/** A link that the API confirmed, and under which circumstances. */
export interface RememberedLink {
  readonly device: Device;
  readonly username: string;
  readonly group: string | null;
  readonly tenant: string;
  /** The client ID; null where a token was given, which may change daily without changing the account. */
  readonly account: string | null;
  /** Wall-clock milliseconds since the epoch. */
  readonly linkedAt: number;
}

/** How the last run ended, for `status`. */
export interface LastRun {
  readonly outcome: Outcome;
  readonly message: string;
  readonly errorCode: string | null;
  /** Of looking up device, user and groups, where the run went on all the same. */
  readonly warnings?: readonly string[];
  /** Wall-clock milliseconds since the epoch. */
  readonly endedAt: number;
}

/** All that is kept between runs. Each part may be missing, and then the run goes on as if it were the first. */
export interface MachineMemory {
  readonly link?: RememberedLink;
  readonly lastRun?: LastRun;
  /** The schedule of `pace/`, which reads it itself. */
  readonly pace?: unknown;
  /** Wall-clock milliseconds before which no run makes another attempt; shown by `status`. */
  readonly notBefore?: number;
  readonly refusal?: Refusal;
  readonly unknown?: UnknownDevices;
  /** When unattended runs asked for links within the last hour, wall-clock milliseconds; see `budget.ts`. */
  readonly links?: readonly number[];
  /** Process ID of the run that waits for its next attempt. */
  readonly waiter?: number;
  /** Identifiers of the hardware on which it was made. */
  readonly hardware?: readonly string[];
}

/**
 * What of a memory is this machine's own. A disk that was cloned or put into another machine brings the memory of the
 * other one along: its link, and a schedule by which all clones would call at the same moment. It is recognised by its
 * hardware, of which nothing is here; where either is not known, the memory is taken for the own one.
 * @param hardware this machine's identifiers
 */
export function ownMemory(
  memory: MachineMemory,
  hardware: readonly string[],
): { readonly memory: MachineMemory; readonly foreign: boolean } {
  const before = memory.hardware ?? [];
  if (hardware.length === 0) return { memory, foreign: false };
  const foreign = before.length > 0 && !before.some((one) => hardware.includes(one));
  return { memory: foreign ? { hardware } : { ...memory, hardware }, foreign };
}

/** Where the memory is kept. One run at a time may write. */
export interface MemoryStore {
  /** `problem` says what was wrong with what is kept, where it had to be taken as empty. */
  read(): { readonly memory: MachineMemory; readonly problem: string | undefined };
  /** Replaces the whole. @throws the system's error, after which what was there before is still there */
  write(memory: MachineMemory): void;
}

/** What a kept text is. */
export type ReadMemory = { readonly kind: "read"; readonly memory: MachineMemory } | { readonly kind: "damaged" };

const version = 1;

/** The text that is kept. */
export function formatMemory(memory: MachineMemory): string {
  return `${printableJson({ version, ...memory }, 2)}\n`;
}

/** Reads what {@link formatMemory} wrote. A part that is not as expected makes the whole untrustworthy. */
export function parseMemory(text: string): ReadMemory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "damaged" };
  }
  if (!isRecord(value) || value["version"] !== version) return { kind: "damaged" };
  const { link, lastRun, pace, notBefore, refusal, unknown, links, waiter, hardware } = value;
  const sound =
    (link === undefined || isLink(link)) &&
    (lastRun === undefined || isLastRun(lastRun)) &&
    (notBefore === undefined || isTime(notBefore)) &&
    (refusal === undefined || isRefusal(refusal)) &&
    (unknown === undefined || isUnknownDevices(unknown)) &&
    (links === undefined || (Array.isArray(links) && links.every(isTime))) &&
    (waiter === undefined || isTime(waiter)) &&
    (hardware === undefined || isTexts(hardware));
  if (!sound) return { kind: "damaged" };
  return {
    kind: "read",
    memory: {
      ...(link === undefined ? {} : { link }),
      ...(lastRun === undefined ? {} : { lastRun }),
      ...(pace === undefined ? {} : { pace }),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(refusal === undefined ? {} : { refusal }),
      ...(unknown === undefined ? {} : { unknown }),
      ...(links === undefined ? {} : { links }),
      ...(waiter === undefined ? {} : { waiter }),
      ...(hardware === undefined ? {} : { hardware }),
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isTime = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= latestMoment;
const orNull = (value: unknown, is: (value: unknown) => boolean): boolean => value === null || is(value);

function isLink(value: unknown): value is RememberedLink {
  if (!isRecord(value) || !isRecord(value["device"])) return false;
  const sources: readonly unknown[] = ["opswat", "mac", "hwid"] satisfies readonly Source[];
  const { value: id, opt, source, detail, detachable } = value["device"];
  return (
    isText(id) &&
    (opt === 0 || opt === 1) &&
    sources.includes(source) &&
    isText(detail) &&
    (detachable === undefined || detachable === true) &&
    isText(value["username"]) &&
    orNull(value["group"], isText) &&
    isTarget(value) &&
    isTime(value["linkedAt"])
  );
}

function isLastRun(value: unknown): value is LastRun {
  return (
    isRecord(value) &&
    isText(value["outcome"]) &&
    typeof value["message"] === "string" &&
    orNull(value["errorCode"], isText) &&
    (value["warnings"] === undefined || isTexts(value["warnings"])) &&
    isTime(value["endedAt"])
  );
}

function isRefusal(value: unknown): value is Refusal {
  if (!isRecord(value)) return false;
  return (
    isErrorCode(value["code"]) &&
    isRefusalCode(value["code"]) &&
    typeof value["message"] === "string" &&
    isAsked(value["asked"]) &&
    isTime(value["since"]) &&
    isTime(value["until"])
  );
}

function isAsked(value: unknown): value is Asked {
  return (
    isRecord(value) &&
    isTarget(value) &&
    isText(value["username"]) &&
    orNull(value["group"], isText) &&
    isTexts(value["devices"]) &&
    (value["circumstances"] === undefined || isText(value["circumstances"]))
  );
}

const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === "string" && Object.hasOwn(outcomeByCode, value);

function isUnknownDevices(value: unknown): value is UnknownDevices {
  return isRecord(value) && isTarget(value) && isTexts(value["devices"]) && isTime(value["since"]);
}

const isTarget = ({ tenant, account }: Fields): boolean => isText(tenant) && orNull(account, isText);
