import { type DeviceId, parseHexId, parseUuid } from "../../identity/device-id.ts";
import { absent, type Reading } from "../../reading.ts";
import { toReading } from "./hardware-ids.ts";

/**
 * What systeminformation and node-machine-id find where nothing can be read natively. Both start child processes and
 * put other things in an identifier's place when they find none (the board's serial number, the host name), so only
 * values in an identifier's own form count.
 */
export async function readSecondSource(): Promise<readonly Reading<DeviceId>[]> {
  return [...(await fromSystemInformation()), await fromNodeMachineId()];
}

async function fromSystemInformation(): Promise<Reading<DeviceId>[]> {
  const origin = "systeminformation";
  try {
    const { default: osInformation } = await import("systeminformation/lib/osinfo.js");
    const { hardware, os } = await osInformation.uuid();
    return [
      toReading(parseUuid(hardware), `SMBIOS UUID (${origin})`),
      toReading(parseHexId(os), `machine ID (${origin})`),
    ];
  } catch (error) {
    return [absent(origin, `not usable here: ${messageOf(error)}`)];
  }
}

async function fromNodeMachineId(): Promise<Reading<DeviceId>> {
  const origin = "machine ID (node-machine-id)";
  try {
    const { default: nodeMachineId } = await import("node-machine-id");
    return toReading(parseHexId(nodeMachineId.machineIdSync(true)), origin);
  } catch (error) {
    return absent(origin, `not usable here: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
