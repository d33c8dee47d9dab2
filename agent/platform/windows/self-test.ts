import type { BindingPart } from "../port.ts";
import { lookUpSids } from "./accounts/look-up-sids.ts";
import { accountDomains } from "./accounts/read-local-policy.ts";
import { sessionRows } from "./accounts/read-sessions.ts";
import { ownToken } from "./accounts/read-tokens.ts";
import { systemSid } from "./accounts/sids.ts";
import { directCalls } from "./bounded-calls.ts";
import { isSealed, seal, unseal } from "./files/data-protection.ts";
import { adapterAddresses, interfaceTable } from "./hardware/read-adapters.ts";
import { systemDirectory } from "./native/library.ts";
import { machineProxies, userProxySettings } from "./proxy/read-proxies.ts";
import { readMachineKey } from "./read-registry.ts";

/**
 * Calls each system library for a value with a known answer or form, so that a wrong signature shows before a link
 * depends on it. Reads this machine, changes nothing, asks no network.
 */
export const selfTest: readonly BindingPart[] = [
  ["kernel32: system folder", () => /^[a-z]:\\/i.test(systemDirectory())],
  ["advapi32: own token", () => ownToken().userSid.startsWith("S-1-")],
  ["advapi32: names of accounts", async () => (await lookUpSids([systemSid], directCalls()))[0] !== undefined],
  ["advapi32: machine's accounts", () => accountDomains().machine !== undefined],
  ["advapi32: registry", () => readMachineKey("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion") !== undefined],
  ["crypt32: data protection", () => roundTrip("linkuser-agent")],
  ["iphlpapi: network adapters", () => adapterAddresses().bytes.length > 0 && interfaceTable().length > 0],
  ["winhttp: proxy settings", () => isText(machineProxies()?.proxies) && isText(userProxySettings()?.script)],
  ["wtsapi32: sessions", () => sessionRows().every(({ id, state }) => id >= 0 && state >= 0 && state < 10)],
];

const isText = (text: string | undefined): boolean => text === undefined || !/[\0\ufffd]/.test(text);

function roundTrip(text: string): boolean {
  const sealed = seal(text);
  return isSealed(sealed) && !sealed.includes(text) && unseal(sealed) === text;
}
