import { AgentError, messageOf } from "../../../errors.ts";
import { type DeviceId, deviceIdReading, parseHexId, parseUuid } from "../../../identity/device-id.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import type { RegistryKey } from "../registry.ts";
import { decodeRegistryValue } from "../registry-values.ts";
import { parseSmbios } from "./smbios.ts";

/** Reads a key of HKEY_LOCAL_MACHINE; undefined where it does not exist. */
export type ReadKey = (path: string, view?: 32 | 64) => RegistryKey | undefined;

/** The system's UUID in its firmware. @param readTable gives RawSMBIOSData */
export function firmwareUuid(readTable: () => Buffer): Reading<DeviceId> {
  const origin = "SMBIOS system UUID";
  try {
    const smbios = parseSmbios(readTable());
    if (smbios === undefined) throw new Error("SMBIOS data of an unknown shape");
    if (smbios.uuid === undefined) return absent(origin, "the firmware has no system table");
    return deviceIdReading(parseUuid(smbios.uuid), origin);
  } catch (cause) {
    return unreadable(origin, cause);
  }
}

/** The GUID that Windows gave itself when it was installed; machines cloned without sysprep share it. */
export function machineGuid(readKey: ReadKey): Reading<DeviceId> {
  const origin = "registry MachineGuid";
  try {
    const text = textValue(readKey("SOFTWARE\\Microsoft\\Cryptography"), ["MachineGuid"]);
    return text === undefined ? absent(origin, "the value is not there") : deviceIdReading(parseUuid(text), origin);
  } catch (cause) {
    return unreadable(origin, cause);
  }
}

/** Where the vendor's client keeps its device ID; which of them is not documented, so all are looked at. */
export interface VendorPlaces {
  readonly keys: readonly string[];
  /** Names of values, compared without case. */
  readonly values: readonly string[];
}

const vendorPlaces: VendorPlaces = {
  keys: ["SOFTWARE\\OPSWAT\\GEARS Client\\Config", "SOFTWARE\\OPSWAT\\GEARS Client\\Status"],
  values: ["DeviceID", "HWID"],
};

/** One place, as the setting `opswatRegistry` names it: `HKLM\\KEY\\VALUE`. */
export function placeOf(registryValue: string): VendorPlaces {
  const [, key = "", value = ""] = /^[^\\]+\\(.+)\\([^\\]+)$/.exec(registryValue) ?? [];
  return { keys: [key], values: [value] };
}

/** The vendor client's device ID: 32 hex digits in one of its registry keys, in both halves of the registry. */
export function registryDeviceId(readKey: ReadKey, { keys, values }: VendorPlaces = vendorPlaces): Reading<DeviceId> {
  const origin = "registry of the vendor's client";
  let present = false;
  try {
    for (const path of keys) {
      for (const view of [32, 64] as const) {
        const key = readKey(path, view);
        present ||= key !== undefined;
        const text = textValue(key, values);
        const parsed = text === undefined ? undefined : parseHexId(text);
        if (parsed?.kind === "valid") return found(parsed.id, `registry ${path}`);
      }
    }
  } catch (cause) {
    return unreadable(origin, cause);
  }
  return absent(origin, present ? "no value of 32 hex digits named like a device ID" : "the client is not installed");
}

function textValue(key: RegistryKey | undefined, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = key?.values.find((one) => one.name.toLowerCase() === name.toLowerCase());
    const decoded = value === undefined ? undefined : decodeRegistryValue(value);
    if (typeof decoded === "string") return decoded;
  }
  return undefined;
}

function unreadable(origin: string, cause: unknown): Reading<never> {
  return failed(
    origin,
    new AgentError("identity-unreadable", `${origin} can't be read: ${messageOf(cause)}.`, { cause }),
  );
}
