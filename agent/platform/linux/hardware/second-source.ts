import { messageOf } from "../../../errors.ts";
import { type DeviceId, deviceIdReading, parseHexId, parseUuid } from "../../../identity/device-id.ts";
import { absent, type Reading } from "../../../reading.ts";

/**
 * Identifiers by systeminformation and node-machine-id, if nothing can be read natively. Both start child processes and
 * put other things in an identifier's place when they find none (the board's serial number, the host name), so only
 * values in an identifier's own form count.
 */
export async function readSecondSource(): Promise<readonly Reading<DeviceId>[]> {
  return await withPlainEnvironment(async () => [...(await fromSystemInformation()), await fromNodeMachineId()]);
}

/** The folders of `cat`, `head`, `which` and the shell on Debian and Red Hat. */
const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Does the work with an environment of nothing but the system's PATH, which child processes inherit: a user who starts
 * the program must not decide which programs it starts, nor pass functions to their shell (bash imports `BASH_FUNC_…`).
 */
async function withPlainEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  for (const name of Object.keys(before)) delete process.env[name];
  process.env["PATH"] = systemPath;
  try {
    return await work();
  } finally {
    Object.assign(process.env, before);
    if (before["PATH"] === undefined) delete process.env["PATH"];
  }
}

async function fromSystemInformation(): Promise<Reading<DeviceId>[]> {
  const origin = "systeminformation";
  try {
    const { default: osInformation } = await import("systeminformation/lib/osinfo.js");
    const { hardware, os } = await osInformation.uuid();
    return [
      deviceIdReading(parseUuid(hardware), `SMBIOS UUID (${origin})`),
      deviceIdReading(parseHexId(os), `machine ID (${origin})`),
    ];
  } catch (error) {
    return [absent(origin, `not usable here: ${messageOf(error)}`)];
  }
}

async function fromNodeMachineId(): Promise<Reading<DeviceId>> {
  const origin = "machine ID (node-machine-id)";
  try {
    const { default: nodeMachineId } = await import("node-machine-id");
    return deviceIdReading(parseHexId(nodeMachineId.machineIdSync(true)), origin);
  } catch (error) {
    return absent(origin, `not usable here: ${messageOf(error)}`);
  }
}
