import type { Sender } from "../../network/exchange.ts";
import { readTlsPeer, type TlsPeer } from "../../network/tls/certificate-chain.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { clientCertificate } from "../../wiring/network/load-client-certificate.ts";
import { openSender } from "../../wiring/network/sender.ts";
import { type DoctorContext, patienceOf } from "../context.ts";

/** The tenant, over the connection that a link would use. */
export interface Tenant {
  readonly baseUrl: string;
  readonly sender: Sender;
  /** Seen in handshakes, in their order. */
  readonly peers: readonly TlsPeer[];
  /** The system's log-on, each time that the proxy accepted one. */
  readonly proxyAccounts: readonly string[];
  /** Milliseconds for one look-up or exchange. */
  readonly patience: number;
}

/** Connects to nothing yet. */
export function openTenant(context: DoctorContext, resolved: ResolvedSettings): Tenant {
  const peers: TlsPeer[] = [];
  const proxyAccounts: string[] = [];
  const patience = patienceOf(resolved.settings);
  const sender = openSender(context, resolved, {
    requestTimeout: patience,
    clientCertificate: clientCertificate(context, resolved),
    observeTls: (host, socket) => {
      const peer = readTlsPeer(host, socket);
      if (peer !== undefined) peers.push(peer);
    },
    observeLogOn: (account) => proxyAccounts.push(account),
  });
  return { baseUrl: resolved.settings.baseUrl, sender, peers, proxyAccounts, patience };
}
