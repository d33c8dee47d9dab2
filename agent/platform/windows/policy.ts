import { messageOf } from "../../errors.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { policyName, settingNames } from "../../settings/table.ts";
import type { RawPolicy } from "../port.ts";
import type { ReadKey } from "./read-registry.ts";
import { decodeRegistryList, decodeRegistryValue } from "./registry-values.ts";

/** Below HKEY_LOCAL_MACHINE. */
export const policyKey = "SOFTWARE\\Policies\\LinkUserAgent";
const origin = `HKLM\\${policyKey}`;

/**
 * The settings that a management tool wrote: a value for each, or a subkey with a value for each item of a list. Names
 * are compared without case, as the registry does; a name that is no setting stays as it is.
 */
export function readPolicy(readKey: ReadKey): Reading<RawPolicy> {
  try {
    const key = readKey(policyKey);
    if (key === undefined) return absent(origin, "the key does not exist");
    const values: Record<string, unknown> = {};
    for (const value of key.values) values[settingOf(value.name)] = decodeRegistryValue(value);
    for (const subkey of key.subkeys) {
      const list = readKey(`${policyKey}\\${subkey}`);
      if (list !== undefined) values[settingOf(subkey)] = decodeRegistryList(list.values);
    }
    return found({ origin, spelling: "registry", values }, origin);
  } catch (cause) {
    return failedBy(origin, cause, "settings-unreadable", `The policy ${origin} can't be read: ${messageOf(cause)}.`);
  }
}

function settingOf(name: string): string {
  return settingNames.find((one) => policyName(one).toLowerCase() === name.toLowerCase()) ?? name;
}
