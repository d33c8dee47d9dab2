import { AgentError } from "../../errors.ts";
import type { SystemLogOn, SystemLogOnExchange, SystemLogOnSource } from "./system-log-on.ts";

/** Begins each message of NTLM ([MS-NLMP] 2.2.1). */
const signature = Buffer.from("NTLMSSP\0", "latin1");

/** Mechanisms of SPNEGO as they are encoded in DER ([MS-SPNG] 1.9, RFC 4121 1). */
const ntlmMechanism = Buffer.from("060a2b06010401823702020a", "hex");
const kerberosMechanisms = ["06092a864886f712010202", "06092a864882f712010202"].map((one) => Buffer.from(one, "hex"));

/**
 * Whether a token logs on by NTLM: by itself, inside SPNEGO, or because SPNEGO offers no Kerberos beside it. A Kerberos
 * token may offer NTLM as an alternative.
 */
export function carriesNtlm(token: Buffer): boolean {
  if (token.includes(signature)) return true;
  return token.includes(ntlmMechanism) && !kerberosMechanisms.some((one) => token.includes(one));
}

/**
 * Opens the system's log-on. Windows' Negotiate falls back to NTLM where it gets no ticket, and where a peer asks for
 * it; the resulting tokens are refused here and never sent.
 * @param otherwise completes what to do about that
 */
export async function openWithoutNtlm(source: SystemLogOnSource, otherwise = ""): Promise<SystemLogOn> {
  const system = await source.open();
  return {
    async start(peer) {
      const exchange = await system.start(peer);
      return peer.scheme === "NTLM" ? exchange : guarded(exchange, peer.host, otherwise);
    },
  };
}

function guarded(exchange: SystemLogOnExchange, host: string, otherwise: string): SystemLogOnExchange {
  return {
    account: exchange.account,
    async step(token) {
      const leg = await exchange.step(token);
      if (leg.token === undefined || !carriesNtlm(leg.token)) return leg;
      const why =
        token !== undefined && carriesNtlm(token)
          ? `${host} asks for NTLM inside Negotiate`
          : `the system got no Kerberos ticket for HTTP/${host} and offers NTLM instead`;
      throw new AgentError(
        "credentials-refused",
        `${host} gets no log-on by Negotiate: ${why}, which is not sent. Check that the name is registered (setspn -Q HTTP/${host}) and that a domain controller answers${otherwise}.`,
      );
    },
    close: () => exchange.close(),
  };
}
