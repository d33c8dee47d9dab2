import { messageOf } from "../../../errors.ts";
import { type DeviceId, deviceIdReading, parseUuid, parseVendorId } from "../../../identity/device-id.ts";
import { absent, failedBy, found, type Reading } from "../../../reading.ts";
import type { ReadKey } from "../read-registry.ts";
import { decodeRegistryValue, valueIn } from "../registry-values.ts";
import { parseSmbios } from "./parse-smbios.ts";

/** The system's UUID in its firmware. @param readTable gives RawSMBIOSData */
export const firmwareUuid = (readTable: () => Buffer): Reading<DeviceId> =>
  reading("SMBIOS system UUID", (origin) => {
    const smbios = parseSmbios(readTable());
    if (smbios === undefined) throw new Error("SMBIOS data in an unknown format");
    if (smbios.uuid === undefined) return absent(origin, "the firmware has no system table");
    return deviceIdReading(parseUuid(smbios.uuid), origin);
  });

/** The GUID that Windows gave itself when it was installed; machines cloned without sysprep share it. */
export const machineGuid = (readKey: ReadKey): Reading<DeviceId> =>
  reading("registry MachineGuid", (origin) => {
    const text = valueIn(readKey("SOFTWARE\\Microsoft\\Cryptography"), "MachineGuid");
    return typeof text === "string"
      ? deviceIdReading(parseUuid(text), origin)
      : absent(origin, "the value does not exist");
  });

/** Possible places of the vendor client's device ID; which one is used is not documented, so all are read. */
export interface VendorPlaces {
  readonly keys: readonly string[];
  /** Names of values, compared without case, `_`, `-` and blanks. */
  readonly values: readonly string[];
}

const clientKey = "SOFTWARE\\OPSWAT\\GEARS Client";
const vendorPlaces: VendorPlaces = {
  keys: [clientKey, `${clientKey}\\Config`, `${clientKey}\\Status`],
  values: ["DeviceID", "HWID"],
};

/** One place, as the setting `opswatRegistry` names it: `HKLM\\KEY\\VALUE`. */
export function placeOf(registryValue: string): VendorPlaces {
  const [, key = "", value = ""] = /^[^\\]+\\(.+)\\([^\\]+)$/.exec(registryValue) ?? [];
  return { keys: [key], values: [value] };
}

const plainName = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, "");
/** The licence key, which has the form of a device ID and is the same on all devices. */
const licenceKey = "registrationkey";

/** Whether the vendor's client has its registry key. */
export const vendorClientInstalled = (readKey: ReadKey): boolean =>
  ([32, 64] as const).some((view) => {
    try {
      return readKey(clientKey, view) !== undefined;
    } catch {
      // There, but not for this user.
      return true;
    }
  });

/**
 * The vendor client's device ID in one of its registry keys, in both halves of the registry. Two different ones are a
 * failure: either could belong to another installation.
 */
export const registryDeviceId = (readKey: ReadKey, { keys, values }: VendorPlaces = vendorPlaces): Reading<DeviceId> =>
  reading("registry of the vendor's client", (origin) => {
    const wanted = values.map(plainName).filter((name) => name !== licenceKey);
    if (wanted.length === 0) return absent(origin, "RegistrationKey is the licence key, not a device ID");
    let present = false;
    const ids = new Map<DeviceId, string>();
    for (const path of keys) {
      for (const view of [32, 64] as const) {
        const key = readKey(path, view);
        present ||= key !== undefined;
        for (const value of key?.values.filter(({ name }) => wanted.includes(plainName(name))) ?? []) {
          const decoded = decodeRegistryValue(value);
          const parsed = typeof decoded === "string" ? parseVendorId(decoded) : undefined;
          if (parsed?.kind === "valid") ids.set(parsed.id, `registry ${path}`);
        }
      }
    }
    const [first, ...others] = [...ids];
    if (first === undefined) {
      return absent(origin, present ? "its keys contain no device ID" : "the client is not installed");
    }
    if (others.length > 0) throw new Error(`it contains several device IDs (${[...ids.keys()].join(", ")})`);
    return found(...first);
  });

function reading(origin: string, read: (origin: string) => Reading<DeviceId>): Reading<DeviceId> {
  try {
    return read(origin);
  } catch (cause) {
    return failedBy(origin, cause, "identity-unreadable", `${origin} can't be read: ${messageOf(cause)}.`);
  }
}
