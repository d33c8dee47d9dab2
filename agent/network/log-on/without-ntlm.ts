import { AgentError } from "../../errors.ts";
import type { LogOnLeg, LogOnPeer, SystemLogOn, SystemLogOnExchange } from "./system-log-on.ts";

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

/** A log-on that the system may have yet to begin. */
export interface LogOn {
  /** The next leg, with the account. @throws AgentError what the system's `start` and `step` throw */
  step(token: Buffer | undefined): Promise<LogOnLeg & Pick<SystemLogOnExchange, "account">>;
  /** Ends it as soon as the system has begun it. Never fails. */
  close(): void;
}

/**
 * Begins a log-on by the system. Windows' Negotiate falls back to NTLM where it gets no ticket, and where a peer asks
 * for it; the resulting tokens are refused here and never sent.
 * @param otherwise completes what to do about that
 */
export function beginLogOn(system: SystemLogOn, peer: LogOnPeer, otherwise = ""): LogOn {
  const starting = system.start(peer);
  return {
    async step(token) {
      const exchange = await starting;
      const leg = await exchange.step(token);
      const isNtlm = peer.scheme !== "NTLM" && leg.token !== undefined && carriesNtlm(leg.token);
      if (isNtlm) throw ntlmInside(peer, token, otherwise);
      return { ...leg, account: exchange.account };
    },
    // Not waited for: the system's thread may be busy with a KDC that does not answer.
    close: () => void starting.then((exchange) => exchange.close()).catch(() => {}),
  };
}

function ntlmInside({ host }: LogOnPeer, token: Buffer | undefined, otherwise: string): AgentError {
  const why =
    token !== undefined && carriesNtlm(token)
      ? `${host} asks for NTLM inside Negotiate`
      : `the system got no Kerberos ticket for HTTP/${host} and offers NTLM instead`;
  return new AgentError(
    "credentials-refused",
    `${host} gets no log-on by Negotiate: ${why}, which is not sent. Check that the name is registered (setspn -Q HTTP/${host}) and that a domain controller answers${otherwise}.`,
  );
}
