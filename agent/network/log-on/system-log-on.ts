import type { AuthenticationScheme } from "./challenges.ts";

/** Schemes that the operating system speaks: SPNEGO with Kerberos (RFC 4559), and NTLM (Windows). */
export type SystemScheme = Extract<AuthenticationScheme, "Negotiate" | "NTLM">;

/** An HTTP server or proxy that asks for a log-on. */
export interface LogOnPeer {
  readonly scheme: SystemScheme;
  /** Without port and brackets: the target is `HTTP@host` (GSSAPI), `HTTP/host` (SSPI). */
  readonly host: string;
  /** If it is reached by TLS: `tls-server-end-point:` and the hash of its certificate (RFC 5929 4). */
  readonly channelBinding: Buffer | undefined;
}

/**
 * The operating system's log-on to HTTP servers and proxies, by GSSAPI or SSPI. With `Negotiate` the mechanism is
 * Kerberos and never NTLM. Nothing is loaded before the first start. Calls may wait for a KDC, so a thread makes them,
 * each with a time limit.
 */
export interface SystemLogOn {
  readonly schemes: readonly SystemScheme[];
  /**
   * Finds the account: the machine's for a service and root or SYSTEM, the user's for a user.
   * @throws AgentError `credentials-missing` if there is none, or if the system's library is missing; the message names
   * what was looked for, and what to do
   */
  start(peer: LogOnPeer): Promise<SystemLogOnExchange>;
}

/** One log-on, leg by leg. */
export interface SystemLogOnExchange {
  /** As the system names it, `HOST$@REALM`; undefined if it does not say. */
  readonly account: string | undefined;
  /**
   * @param token of the peer; undefined at first
   * @throws AgentError with the system's own words: `not-connected` where no KDC answers, `credentials-missing` where a
   * user has no ticket, else `credentials-refused`
   */
  step(token: Buffer | undefined): Promise<LogOnLeg>;
  close(): Promise<void>;
}

export interface LogOnLeg {
  /** For the peer; undefined if nothing more is to be sent. */
  readonly token: Buffer | undefined;
  /** Nothing more is expected, and the peer has proved itself where the mechanism can do that. */
  readonly complete: boolean;
}
