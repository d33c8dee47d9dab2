import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Sender } from "../exchange.ts";

/** Bytes; some scripts have lists of thousands of hosts. */
const maxScript = 512 * 1024;

/**
 * Fetches a PAC script over http: or https:, without a proxy. No redirect is followed, and at most 512 KiB are read.
 * @throws AgentError `settings-unreadable`; what {@link Sender.send} throws
 */
export async function fetchPacScript(address: string, sender: Sender, signal: AbortSignal): Promise<string> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new AgentError(
      "settings-unreadable",
      "The PAC script can't be used: its address is not an http: or https: URL.",
    );
  }
  const target = new Secret(`${url.pathname}${url.search}`);
  const headers = { accept: "*/*" };
  const { status, body } = await sender.send(
    { method: "GET", origin: url.origin, target, headers, body: undefined, maxBody: maxScript },
    signal,
  );
  if (status === 200) return body;
  throw new AgentError(
    "settings-unreadable",
    `The PAC script can't be used: ${url.host} answers with status ${status}.`,
  );
}
