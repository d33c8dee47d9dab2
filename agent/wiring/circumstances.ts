import { statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { publicValues } from "../network/proxy/variables.ts";
import { slotOf } from "../pace/slot.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { settingNames, settingText } from "../settings/table.ts";
import { effectivePaths } from "./load-settings.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Differs if settings, credential, certificates, proxies or networks have changed. Only identity, size and time of
 * files are included: a digest of a secret could be tested offline.
 */
export function circumstancesOf(
  { platform, environment }: Pick<Runtime, "platform" | "environment">,
  { settings }: ResolvedSettings,
): string {
  const { credentialFile } = effectivePaths(platform, settings);
  const { caFile, clientCertFile, clientKeyFile, pacFile } = settings;
  const files = [credentialFile, caFile, clientCertFile, clientKeyFile, pacFile, ...(platform.systemFiles ?? [])];
  const secrets = ["LINKUSER_ACCESS_TOKEN", "LINKUSER_CLIENT_SECRET"];
  const parts = [
    ...settingNames.map((name) => settingText(name, settings[name])),
    // A unit's copies are new at each start.
    ...files.filter((file) => file !== undefined).map((file) => identityOf(platform.originalOf?.(file) ?? file)),
    ...secrets.filter((name) => environment[name] !== undefined),
    ...publicValues(environment),
    ...networksOf(networkAddresses()),
  ];
  return slotOf(JSON.stringify(parts)).toString(36);
}

function identityOf(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? path : [path, stats.dev, stats.ino, stats.size, stats.mtimeMs].join(" ");
  } catch {
    return path;
  }
}

export function networkAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal }) => !internal).map(({ address }) => address);
}

/**
 * Each network once, since temporary addresses come and go (RFC 8981); without those of a link alone, which every
 * container's interface has. @internal
 */
export function networksOf(addresses: readonly string[]): readonly string[] {
  const ofNetworks = addresses.filter((address) => !/^(?:fe[89ab].:|169\.254\.)/i.test(address));
  return [...new Set(ofNetworks.map(networkOf))].toSorted();
}

/** IPv4: /24; IPv6: /64. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address.slice(0, address.lastIndexOf("."));
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...new Array<string>(Math.max(0, missing)).fill("0")].slice(0, 4).join(":");
}
