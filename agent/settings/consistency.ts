import { AgentError } from "../errors.ts";
import type { ResolvedSettings } from "./layers.ts";
import type { SettingName } from "./table.ts";

/** The vendor's domains: every server there requires a token. */
const vendorDomains = ["opswat.com", "opswatgears.com"];

/**
 * Refuses settings that are valid alone but contradict one another.
 * @throws AgentError `setting-invalid`
 */
export function checkConsistency({ settings, origins }: ResolvedSettings): void {
  const refuse = (name: SettingName, why: string): never => {
    throw new AgentError("setting-invalid", `${origins[name].text}: ${why}`);
  };
  const { auth, baseUrl, clientCertFile, clientKeyFile } = settings;
  const url = new URL(baseUrl);
  if (auth !== "auto" && isVendors(url.hostname)) {
    const why = `${auth} is for a gateway that adds the token, but baseUrl is ${baseUrl} (${origins.baseUrl.text}), which is the vendor's own. Set baseUrl to the gateway, or auth to auto.`;
    refuse("auth", why);
  }
  if (auth === "negotiate" && url.protocol !== "https:") {
    refuse("auth", `negotiate works only over TLS, but baseUrl is ${baseUrl} (${origins.baseUrl.text}).`);
  }
  if (clientCertFile !== undefined && clientKeyFile === undefined) {
    refuse("clientCertFile", "clientKeyFile is not set. Set both, or neither.");
  }
  if (clientKeyFile !== undefined && clientCertFile === undefined) {
    refuse("clientKeyFile", "clientCertFile is not set. Set both, or neither.");
  }
  if (settings.pacFile !== undefined && settings.pacUrl !== undefined) {
    refuse("pacFile", "pacUrl is set, too. Set only one of them.");
  }
  if (clientCertFile !== undefined && url.protocol !== "https:") {
    refuse("clientCertFile", `a client certificate works only over TLS, but baseUrl is ${baseUrl}.`);
  }
}

function isVendors(host: string): boolean {
  const name = host.replace(/\.+$/, "");
  return vendorDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
