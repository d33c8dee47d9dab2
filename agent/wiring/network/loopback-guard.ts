import { AgentError } from "../../errors.ts";
import type { Sender } from "../../network/exchange.ts";
import { bareHost, portOf } from "../../network/proxy/host-match.ts";
import type { Platform } from "../../platform/port.ts";
import type { Settings } from "../../settings/table.ts";

/**
 * Keeps the account's credential from a program of a plain user that listens on loopback, where a gateway is expected:
 * over http: nothing proves the server's identity. A plain user's run has its user's own credential, which it may send
 * anywhere.
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
