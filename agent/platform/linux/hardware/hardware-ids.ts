import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import {
  type DeviceId,
  deviceIdReading,
  type ParsedDeviceId,
  parseHexId,
  parseUuid,
} from "../../../identity/device-id.ts";
import { absent, failed, type Reading } from "../../../reading.ts";

/** Loads the second source; called only where every native reading is absent. */
export type LoadSecondSource = () => Promise<() => Promise<readonly Reading<DeviceId>[]>>;

/**
 * Identifiers of the hardware, best first: the SMBIOS UUID, then the machine ID.
 * @param credentialsFolder systemd's $CREDENTIALS_DIRECTORY, where the unit may put a copy of the root-only UUID
 */
export async function readHardwareIds(
  root: string,
  credentialsFolder: string | undefined,
  loadSecondSource: LoadSecondSource,
): Promise<readonly Reading<DeviceId>[]> {
  const native = [...smbiosUuids(root, credentialsFolder), machineId(root)];
  if (!native.every(({ kind }) => kind === "absent")) return native;
  const readSecondSource = await loadSecondSource();
  return [...native, ...(await readSecondSource())];
}

/** A unit without privileges finds the UUID in its credentials; the original is then unreadable, which says nothing. */
function smbiosUuids(root: string, credentialsFolder: string | undefined): Reading<DeviceId>[] {
  const readings: Reading<DeviceId>[] = [];
  if (credentialsFolder !== undefined) {
    const path = join(credentialsFolder, "product_uuid");
    readings.push(readId(path, "SMBIOS UUID (systemd credential product_uuid)", parseUuid, "the unit has no copy"));
  }
  const path = join(root, "sys/class/dmi/id/product_uuid");
  readings.push(readId(path, "SMBIOS UUID (/sys/class/dmi/id/product_uuid)", parseUuid, "no SMBIOS on this machine"));
  return readings;
}

/** machine-id(5): unique to the installation; `uninitialized` in an image that has not booted yet. */
function machineId(root: string): Reading<DeviceId> {
  const origin = "machine ID (/etc/machine-id)";
  return readId(join(root, "etc/machine-id"), origin, parseHexId, "no such file, as in a container");
}

function readId(
  path: string,
  origin: string,
  parse: (text: string) => ParsedDeviceId,
  missing: string,
): Reading<DeviceId> {
  try {
    return deviceIdReading(parse(readFileSync(path, "utf8")), origin);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return absent(origin, missing);
    // The next source names the same machine, so going on can't lead to a wrong one.
    if (code === "EACCES") return absent(origin, "readable by root alone");
    return failed(origin, new AgentError("identity-unreadable", `${path} can't be read (${code}).`, { cause }));
  }
}
