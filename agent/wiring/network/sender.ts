import { AgentError } from "../../errors.ts";
import type { Sender } from "../../network/exchange.ts";
import { createLookUp } from "../../network/look-up.ts";
import { bareHost, portOf } from "../../network/proxy/host-match.ts";
import type { LogOnMeans } from "../../network/proxy/log-on.ts";
import { createSender, type SenderOptions } from "../../network/send.ts";
import type { Platform } from "../../platform/port.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { settingFile } from "../../settings/named-file.ts";
import type { Settings } from "../../settings/table.ts";
import type { Runtime } from "../runtime.ts";
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

/**
 * Keeps the account's credential from a program of a plain user that listens on loopback, where a gateway is expected:
 * over http: nothing proves the server's identity. A plain user's run has its user's own credential, which it may send
 * anywhere.
 * @internal
 */
export function guardLoopback(
  sender: Sender,
  { auth, baseUrl }: Pick<Settings, "auth" | "baseUrl">,
  platform: Pick<Platform, "privileged" | "caller" | "listenerOwner">,
): Sender {
  const url = new URL(baseUrl);
  if (auth === "none" || url.protocol !== "http:") return sender;
  return {
    ...sender,
    async send(request, signal) {
      if (request.origin === url.origin && (await hasRights(platform))) refuseStranger(url, platform);
      return await sender.send(request, signal);
    },
  };
}

/** Root, or a service that holds the account's credential. */
const hasRights = async ({ privileged, caller }: Pick<Platform, "privileged" | "caller">): Promise<boolean> =>
  privileged || (await caller()).kind === "absent";

/** @throws AgentError `credentials-exposed` */
function refuseStranger(url: URL, { listenerOwner }: Pick<Platform, "listenerOwner">): void {
  const refuse = (why: string): never => {
    const message = `The credential is not sent to ${url.origin} (baseUrl), where any user could listen: ${why}.`;
    throw new AgentError("credentials-exposed", message);
  };
  const others = "Run the gateway as a service, use https:, or set auth to none";
  if (listenerOwner === undefined) return;
  if (bareHost(url) !== "127.0.0.1") refuse(`only a listener at 127.0.0.1 can be checked. Write 127.0.0.1 in baseUrl`);
  const owner = listenerOwner(Number(portOf(url)));
  // The connection usually fails by itself; if it does not, as with a packet filter's rule, the table can't decide.
  if (owner.kind === "absent") return;
  if (owner.kind === "failed") refuse(`the listener's owner is unknown (${owner.error.message}). ${others}`);
  else if (!owner.value.trusted) refuse(`${owner.value.owner} listens there. ${others}`);
}
