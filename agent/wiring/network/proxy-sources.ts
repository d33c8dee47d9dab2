import type { Way } from "../../network/proxy/address.ts";
import type { ProxySources } from "../../network/proxy/choice.ts";
import { createSender } from "../../network/send.ts";
import { absent } from "../../reading.ts";
import { findProxyLogin } from "../../settings/credentials.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { settingFile } from "../../settings/named-file.ts";
import { effectivePaths } from "../load-settings.ts";
import type { Runtime } from "../runtime.ts";

/** Of this process, which makes one run: senders come and go in it. */
const refusedLogOns: ProxySources["refusedLogOns"] = new Map();

/** Where the way to the tenant is looked for: the setting, the environment, the system, and the log-on for a proxy. */
export function proxySourcesOf(runtime: Runtime, resolved: ResolvedSettings): ProxySources {
  const { settings } = resolved;
  const { platform, environment } = runtime;
  const { credentialFile } = effectivePaths(platform, settings);
  return {
    setting: settings.proxy,
    environment,
    systemProxy: async (url) =>
      (await platform.systemProxy?.(url)) ?? absent("the system's setting", "is not read here"),
    byScript: (script, url) => byScript(script, url, runtime, resolved),
    login: () => findProxyLogin(credentialFile, (path) => platform.readProtected(path)),
    refusedLogOns,
  };
}

/** Milliseconds for fetching a script. */
const fetchTime = 5_000;

async function byScript(
  address: string,
  url: URL,
  { platform, interrupted }: Runtime,
  resolved: ResolvedSettings,
): Promise<readonly Way[]> {
  const { fetchPacScript } = await import("../../network/pac/fetch-script.ts");
  const { waysOfPac } = await import("../../network/proxy/pac-result.ts");
  const requestTimeout = Math.min(resolved.settings.requestTimeout, fetchTime);
  const sender = createSender({ requestTimeout, caFile: settingFile("caFile", resolved, platform), proxy: directly });
  try {
    const script = await fetchPacScript(address, sender, interrupted);
    return waysOfPac((await platform.runProxyScript?.(script, url)) ?? "");
  } finally {
    await sender.close();
  }
}

const directly: ProxySources = {
  setting: "none",
  environment: {},
  systemProxy: async () => absent("the setting", "is none"),
  byScript: async () => [],
  login: () => undefined,
  refusedLogOns,
};
