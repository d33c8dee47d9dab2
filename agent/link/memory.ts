import { latestMoment } from "../duration.ts";
import { type ErrorCode, outcomeByCode } from "../errors.ts";
import type { Outcome } from "../exit-codes.ts";
import type { Device, Source } from "../identity/device/candidates.ts";
import { printableJson } from "../printable.ts";
import { type Is, isRecord, isText, listOf, optional, orNull, shape, upTo } from "../shape.ts";
import { isRefusalCode, type Refusal } from "./refusal.ts";
import type { UnknownDevices } from "./unknown-devices.ts";

/** A link that the API confirmed, with its circumstances. */
export interface RememberedLink {
  readonly device: Device;
  readonly username: string;
  readonly group: string | null;
  readonly tenant: string;
  /** The client ID; null for a token, which may change daily for the same account. */
  readonly account: string | null;
  /** Wall-clock milliseconds since the epoch. */
  readonly linkedAt: number;
}

/** How the last run ended, for `status`. */
export interface LastRun {
  readonly outcome: Outcome;
  readonly message: string;
  readonly errorCode: string | null;
  /** Warnings of the look-ups after which the run still continued. */
  readonly warnings?: readonly string[];
  /** Wall-clock milliseconds since the epoch. */
  readonly endedAt: number;
}

/** The memory between runs. Each part may be missing; then the run continues as if it were the first. */
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
 * The part of a memory that is this machine's own. A disk that was cloned or moved contains another machine's memory:
 * its link, and a schedule by which all clones would call at the same time. It is recognised by its hardware
 * identifiers, none of which this machine has; if either side is unknown, the memory counts as this machine's.
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
  /** `problem` describes a damaged memory, which counts as empty. */
  read(): { readonly memory: MachineMemory; readonly problem: string | undefined };
  /** Replaces the whole memory. @throws the system's error; then the earlier memory is unchanged */
  write(memory: MachineMemory): void;
}

const version = 1;

export const formatMemory = (memory: MachineMemory): string => `${printableJson({ version, ...memory }, 2)}\n`;

/** Reads what {@link formatMemory} wrote; undefined if any part is not as expected, for then none can be trusted. */
export function parseMemory(text: string): MachineMemory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value["version"] !== version) return undefined;
  const kept = Object.entries(parts).filter(([name]) => value[name] !== undefined);
  if (!kept.every(([name, is]) => is(value[name]))) return undefined;
  return Object.fromEntries(kept.map(([name]) => [name, value[name]])) as MachineMemory;
}

const isMessage: Is = (value) => typeof value === "string";
const isTime = upTo(latestMoment);
const isRefused: Is = (value) =>
  Object.keys(outcomeByCode).some((code) => code === value && isRefusalCode(code as ErrorCode));

const sources: readonly unknown[] = ["opswat", "mac", "hwid"] satisfies readonly Source[];
const device: Readonly<Record<string, Is>> = {
  value: isText,
  opt: (value) => value === 0 || value === 1,
  source: (value) => sources.includes(value),
  detail: isText,
};
const target = { tenant: isText, account: orNull(isText) };
const person = { username: isText, group: orNull(isText) };
const asked = { ...target, ...person, devices: listOf(isText), circumstances: optional(isText) };

const parts: Readonly<Record<keyof MachineMemory, Is>> = {
  link: shape({ device: shape(device), ...person, ...target, linkedAt: isTime }),
  lastRun: shape({
    outcome: isText,
    message: isMessage,
    errorCode: orNull(isText),
    warnings: optional(listOf(isText)),
    endedAt: isTime,
  }),
  pace: () => true,
  notBefore: isTime,
  refusal: shape({ code: isRefused, message: isMessage, asked: shape(asked), since: isTime, until: isTime }),
  unknown: shape({ ...target, devices: listOf(isText), since: isTime }),
  links: listOf(isTime),
  waiter: isTime,
  hardware: listOf(isText),
};
