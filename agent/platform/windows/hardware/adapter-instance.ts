import type { ReadKey } from "../read-registry.ts";
import { valueIn } from "../registry-values.ts";

/** Connections of the device class Net (GUID_DEVCLASS_NET, devguid.h), one key for each adapter. */
const connections = "SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}";

/**
 * The device instance ID of an adapter, in capitals: `USB\VID_0BDA&PID_8153\000001`. It begins with the bus: `PCI`,
 * `USB`, `VMBUS`, `ROOT` for adapters made by software. A Thunderbolt dock is on `PCI`, too, and looks like a built-in
 * adapter.
 * @param guid of the interface, `{…}`
 * @returns undefined if Windows keeps none, or the key may not be read
 */
export function adapterInstance(guid: string, readKey: ReadKey): string | undefined {
  try {
    const instance = valueIn(readKey(`${connections}\\${guid}\\Connection`), "PnPInstanceId");
    return typeof instance === "string" && instance.includes("\\") ? instance.toUpperCase() : undefined;
  } catch {
    // It only ranks adapters; without it the adapter's description decides.
    return undefined;
  }
}
