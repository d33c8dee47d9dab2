import type { ProxySources } from "../proxy/choice.ts";
import { absent } from "../reading.ts";
import { findProxyLogin } from "../settings/credentials.ts";
import type { Settings } from "../settings/table.ts";
import { effectivePaths, type Runtime } from "./runtime.ts";

/** Where the way to the tenant is looked for: the setting, the environment, the system, and the log-on for a proxy. */
export function proxySources({ platform, environment }: Runtime, settings: Settings): ProxySources {
  const { credentialFile } = effectivePaths(platform, settings);
  return {
    setting: settings.proxy,
    environment,
    systemProxy: async (url) =>
      (await platform.systemProxy?.(url)) ?? absent("the system's setting", "is not read here"),
    login: () => findProxyLogin(credentialFile, (path) => platform.readProtected(path)),
  };
}
