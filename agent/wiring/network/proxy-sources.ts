import { createLookUp } from "../../network/look-up.ts";
import { isForgeable, type Route } from "../../network/proxy/address.ts";
import type { OwnScript, ProxySources } from "../../network/proxy/choice.ts";
import type { LogOnMeans } from "../../network/proxy/log-on.ts";
import { createSender } from "../../network/send.ts";
import { absent } from "../../reading.ts";
import { findProxyLogin } from "../../settings/credentials.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { settingFile } from "../../settings/named-file.ts";
import { effectivePaths } from "../load-settings.ts";
import type { Runtime } from "../runtime.ts";

/** State of the process, which makes one run with several senders. */
const failed: LogOnMeans["failed"] = new Map();

/** The sources of the route to the tenant: the setting, the environment and the system; and the log-on for a proxy. */
export function proxySourcesOf(runtime: Runtime, resolved: ResolvedSettings): ProxySources {
  const { settings } = resolved;
  const { platform, environment, clock } = runtime;
  const { credentialFile } = effectivePaths(platform, settings);
  return {
    setting: settings.proxy,
    environment,
    pac: ownScript(runtime, resolved),
    systemProxy: async (url) =>
      (await platform.systemProxy?.(url)) ?? absent("the system's setting", "is not read here"),
    byScript: (script, url) => byScript(script, url, runtime, resolved),
    logOn: { mode: settings.proxyAuth, system: platform.systemLogOn, failed, now: () => clock.monotonic() },
    login: () => findProxyLogin(credentialFile, (path) => platform.readProtected(path)),
  };
}

function ownScript(runtime: Runtime, resolved: ResolvedSettings): OwnScript | undefined {
  const { pacUrl } = resolved.settings;
  const file = settingFile("pacFile", resolved, runtime.platform);
  if (pacUrl !== undefined) {
    const reason = `PAC script ${new URL(pacUrl).host} (the setting pacUrl)`;
    return { reason, routes: (url) => byScript(pacUrl, url, runtime, resolved) };
  }
  if (file === undefined) return undefined;
  const reason = `PAC script ${file.path} (the setting pacFile)`;
  return { reason, routes: async (url) => await run(file.read().toString("utf8"), url, runtime, false) };
}

/** Milliseconds for fetching a script. */
const fetchTime = 5_000;

async function byScript(
  address: string,
  url: URL,
  runtime: Runtime,
  resolved: ResolvedSettings,
): Promise<readonly Route[]> {
  const { fetchPacScript } = await import("../../network/pac/fetch-script.ts");
  const { platform, interrupted } = runtime;
  const requestTimeout = Math.min(resolved.settings.requestTimeout, fetchTime);
  const proxy = { ...proxySourcesOf(runtime, resolved), setting: "none" };
  const sender = createSender({ requestTimeout, caFile: settingFile("caFile", resolved, platform), proxy });
  try {
    return await run(await fetchPacScript(address, sender, interrupted), url, runtime, isForgeable(address));
  } finally {
    await sender.close();
  }
}

async function run(
  script: string,
  url: URL,
  { platform, interrupted }: Runtime,
  discovered: boolean,
): Promise<readonly Route[]> {
  const { ownWorld, runPacScript } = await import("../../network/pac/run-script.ts");
  const { routesOfPac } = await import("../../network/proxy/pac-result.ts");
  await using world = await ownWorld(createLookUp(platform.endProcess), interrupted);
  return routesOfPac(await runPacScript(script, url, world, interrupted), discovered);
}
