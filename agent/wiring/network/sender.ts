import type { Sender } from "../../network/exchange.ts";
import { createLookUp } from "../../network/look-up.ts";
import type { LogOnMeans } from "../../network/proxy/log-on.ts";
import { createSender, type SenderOptions } from "../../network/send.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { settingFile } from "../../settings/named-file.ts";
import type { Runtime } from "../runtime.ts";
import { guardLoopback } from "./loopback-guard.ts";
import { proxySourcesOf } from "./proxy-sources.ts";

type OpenOptions = Pick<SenderOptions, "clientCertificate" | "observeTls"> & {
  readonly requestTimeout?: number;
  readonly observeLogOn?: LogOnMeans["observe"];
};

/**
 * A sender as the settings describe it.
 * @param options `clientCertificate` is for the tenant alone
 */
export function openSender(
  runtime: Runtime,
  resolved: ResolvedSettings,
  { observeLogOn, ...options }: OpenOptions = {},
): Sender {
  const proxy = proxySourcesOf(runtime, resolved);
  const sender = createSender({
    requestTimeout: resolved.settings.requestTimeout,
    caFile: settingFile("caFile", resolved, runtime.platform),
    proxy: { ...proxy, logOn: { ...proxy.logOn, observe: observeLogOn } },
    lookUp: createLookUp(runtime.platform.endProcess),
    gatewayLogOn: gatewayLogOnOf(runtime, resolved),
    ...options,
  });
  return guardLoopback(sender, resolved.settings, runtime.platform);
}

function gatewayLogOnOf({ platform }: Runtime, { settings }: ResolvedSettings): SenderOptions["gatewayLogOn"] {
  const { auth, baseUrl } = settings;
  return auth === "negotiate" ? { origin: new URL(baseUrl).origin, system: platform.systemLogOn } : undefined;
}
