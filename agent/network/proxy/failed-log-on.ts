import { AgentError } from "../../errors.ts";
import type { AuthenticationScheme } from "../log-on/challenges.ts";
import type { ProxyLogin } from "./address.ts";

/** A log-on that a proxy refused, or left without an answer: a directory locks an account after a few. */
export interface FailedLogOn {
  readonly error: AgentError;
  /** Milliseconds, monotonic, before which it is not sent again; infinite for the rest of the run. */
  readonly until: number;
}

/** Milliseconds. Most directories count the wrong passwords of half an hour: with this pause at most four. */
const silencePause = 900_000;

/**
 * Judges a failure to get through a proxy. Some proxies answer a wrong password by closing the connection, or not at
 * all. A slow network looks the same, so a log-on without an answer is sent once more at once, then after each pause.
 * @param sent the scheme of the log-on; undefined if none was sent
 * @param before the last failure of this log-on, unless it got through since
 * @returns undefined for a failure that says nothing about the log-on
 */
export function failedLogOn(
  thrown: unknown,
  host: string,
  login: ProxyLogin | undefined,
  sent: AuthenticationScheme | undefined,
  before: FailedLogOn | undefined,
  now: number,
): FailedLogOn | undefined {
  if (!(thrown instanceof AgentError) || thrown.place?.stage !== "proxy log-on" || sent === undefined) return undefined;
  const { code, place } = thrown;
  if (code === "proxy-refused") return { error: thrown, until: Infinity };
  const what = whatMayBeWrong(sent, login);
  if (what === undefined) return undefined;
  if (code === "connection-lost") {
    const message = `The proxy ${host} closed the connection after it got ${what}, without an answer. The proxy may have refused it. To avoid an account lockout, it is not sent again in this run. Check it, and the proxy's log.`;
    return { error: new AgentError("proxy-refused", message, { cause: thrown, place }), until: Infinity };
  }
  if (code !== "not-connected") return undefined;
  if (before === undefined) return { error: thrown, until: now };
  const message = `The proxy ${host} did not answer in time after it got ${what}, twice. It may have refused the log-on, or its own network is slow. To avoid an account lockout, this run sends the log-on at most once every 15 minutes. Check it, and the proxy's log.`;
  return { error: new AgentError(code, message, { cause: thrown, place }), until: now + silencePause };
}

/** Wrong passwords lock accounts; Kerberos tickets do not. */
function whatMayBeWrong(sent: AuthenticationScheme, login: ProxyLogin | undefined): string | undefined {
  if (sent === "NTLM") return "the log-on by NTLM";
  return sent === "Basic" && login !== undefined ? `the user name and password from ${login.origin}` : undefined;
}
