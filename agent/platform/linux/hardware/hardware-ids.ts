import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../../errors.ts";
import { isNoSuchFile, whyNot } from "../../../files/open-file.ts";
import {
  type DeviceId,
  deviceIdReading,
  type ParsedDeviceId,
  parseHexId,
  parseUuid,
} from "../../../identity/device-id.ts";
import { absent, failedBy, type Reading } from "../../../reading.ts";

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
  const native = [...firmwareUuids(root, credentialsFolder), machineId(root)];
  if (!native.every(({ kind }) => kind === "absent")) return native;
  const readSecondSource = await loadSecondSource();
  return [...native, ...(await readSecondSource())];
}

const vendorClient = ["usr/bin/opswatclient", "usr/bin/opswat-client"];

/** Whether the vendor's client for Linux is installed. */
export const vendorClientInstalled = (root: string): boolean =>
  vendorClient.some((path) => existsSync(join(root, path)));

/**
 * The reported device ID of the vendor's client for Linux: the SMBIOS UUID without dashes. One public report says so,
 * without the case of the letters; the vendor does not confirm it.
 */
export function reportedDeviceId(root: string, credentialsFolder: string | undefined): Reading<DeviceId> {
  const origin = "SMBIOS UUID, which the vendor's client reportedly uses";
  if (!vendorClientInstalled(root)) {
    return absent(origin, "the vendor's client is not installed");
  }
  const uuid = firmwareUuids(root, credentialsFolder).find(({ kind }) => kind !== "absent");
  if (uuid === undefined) return absent(origin, "the firmware has no UUID that can be read");
  return uuid.kind === "found" ? deviceIdReading(parseHexId(uuid.value.replaceAll("-", "")), origin) : uuid;
}

/**
 * The system's UUID in the firmware. A container sees its host's, which is not the container's own: two containers, or a
 * container and its host, would be taken for each other.
 */
function firmwareUuids(root: string, credentialsFolder: string | undefined): Reading<DeviceId>[] {
  const container = containerReason(root);
  if (container !== undefined) return [absent("SMBIOS UUID", `${container}, and the firmware is its host's`)];
  return smbiosUuids(root, credentialsFolder);
}

/** Names that engines leave in paths of control groups and mounts. */
const engines =
  /[/:](docker|lxc|libpod|kubepods|kubelet\/pods|containerd|crio|garden|overlay-containers)(?:[/.:\s-]|$)/m;

/**
 * Evidence that this is a container, else undefined: the manager's file (container interface of systemd, as
 * systemd-nspawn, podman and LXC keep it), podman's file, the first process's control group, and the files that an
 * engine mounts over /etc. `/.dockerenv` counts for nothing: images of virtual machines that were made from a container
 * keep it.
 */
function containerReason(root: string): string | undefined {
  const manager = text(root, "run/systemd/container") || variable(text(root, "proc/1/environ"), "container");
  if (manager !== "") return `this is a container (${manager})`;
  if (existsSync(join(root, "run/.containerenv"))) return "this is a container (podman)";
  const mountsOverEtc = text(root, "proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(" /etc/") && / \/etc\/(?:hosts|hostname|resolv\.conf) /.test(line));
  const [, engine] = engines.exec([text(root, "proc/1/cgroup"), ...mountsOverEtc].join("\n")) ?? [];
  return engine === undefined ? undefined : `this is a container (${engine})`;
}

/** @param environ of proc_pid_environ(5): `NAME=value`, each ended by a NUL */
function variable(environ: string, name: string): string {
  const line = environ.split("\0").find((one) => one.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? "";
}

/** Empty if the file is missing or only root can read it. */
function text(root: string, name: string): string {
  const path = join(root, name);
  if (!existsSync(path)) return "";
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** An unprivileged unit finds the UUID in its credentials; that the original is unreadable then is normal. */
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
    if (isNoSuchFile(cause)) return absent(origin, missing);
    // The next source names the same machine, so continuing can't lead to a wrong one.
    if (systemErrorCode(cause) === "EACCES") return absent(origin, "only root can read it");
    return failedBy(origin, cause, "identity-unreadable", `${path} can't be read: ${whyNot(cause)}.`);
  }
}
