import type { ProxyAddress } from "../proxy/address.ts";
import type { AuthenticationScheme, Challenge } from "./challenges.ts";
import type { SystemScheme } from "./system-log-on.ts";

/** Which log-ons a proxy gets: the setting `proxyAuth`. */
export type ProxyAuth = "auto" | "negotiate" | "ntlm" | "basic" | "none";

/** The circumstances of a log-on, besides the proxy's offer. */
export interface LogOnFacts {
  readonly mode: ProxyAuth;
  readonly proxy: ProxyAddress;
  /** The target of the proxy: `gears.opswat.com:443`. */
  readonly target: string;
  /** What the operating system speaks. */
  readonly system: readonly SystemScheme[];
  /** The credentials that were sent before these challenges; undefined if none were. */
  readonly sent: { readonly scheme: AuthenticationScheme; readonly account: string | undefined } | undefined;
}

/** What is sent next; `why` completes "The proxy …". */
export type LogOnDecision =
  | { readonly kind: "system"; readonly scheme: SystemScheme }
  | { readonly kind: "refuse"; readonly why: string };

/** Whether a proxy gets the user name and password that are configured for it, which it then does before it asks. */
export const allowsUserName = (mode: ProxyAuth): boolean => mode === "auto" || mode === "basic";

/**
 * Decides how to answer a proxy that asks for a log-on. With `auto` a configured user name and password come first,
 * then Negotiate; each other value allows one scheme. A proxy that the network names, or a PAC script that came over
 * http:, gets no log-on by this machine's accounts. Credentials that the proxy refused are not sent again.
 */
export function decideLogOn(challenges: readonly Challenge[], facts: LogOnFacts): LogOnDecision {
  const { mode, sent, system } = facts;
  const offered = new Set(challenges.map(({ scheme }) => scheme));
  const refuse = (why: string): LogOnDecision => ({ kind: "refuse", why });
  if (sent !== undefined && (sent.scheme !== "Basic" || offered.has("Basic"))) return refuse(whyRefused(facts));
  const scheme: SystemScheme = mode === "ntlm" ? "NTLM" : "Negotiate";
  const isAllowed = mode === "auto" || mode === "negotiate" || mode === "ntlm";
  if (!isAllowed || !offered.has(scheme) || !system.includes(scheme))
    return refuse(whyNothingFits([...offered], facts));
  return facts.proxy.discovered ? refuse(`wants ${scheme} (status 407), ${notFromHere}`) : { kind: "system", scheme };
}

const notAgain = "It is not sent again in this run";

function whyRefused({ proxy, sent }: LogOnFacts): string {
  if (sent?.scheme === "Basic") {
    return `refuses the user name and password from ${proxy.login?.origin} (status 407). They are not sent again in this run, to avoid an account lockout. Correct them there`;
  }
  const { hostname } = new URL(proxy.origin);
  const account = sent?.account === undefined ? "this account" : `the account ${sent.account}`;
  const check =
    sent?.scheme === "NTLM"
      ? "Check the reason in the proxy's log, and that the account may use the proxy"
      : `Check the reason in the proxy's log. Check that the account may use the proxy, that the proxy's keytab has the current key of HTTP/${hostname}, and that the clocks agree`;
  return `refuses ${account} by ${sent?.scheme} (status 407). ${notAgain}. ${check}`;
}

/** Completes "The proxy wants …, ". */
export const notFromHere =
  "but the agent does not log on at a proxy that it found by WPAD or by a PAC script over http:. Name it in the setting proxy, or serve the script over https:";

function whyNothingFits(offered: readonly AuthenticationScheme[], { mode, proxy, target, system }: LogOnFacts): string {
  const wanted = offered.length === 0 ? "a log-on without naming its kind" : offered.join(" or ");
  const wants = `wants ${wanted} (status 407)`;
  const without = `configure the proxy to let this host reach ${target} without a log-on`;
  if (mode === "none") return `${wants}, but proxyAuth is none. Set it to auto, or ${without}`;
  if (mode === "ntlm" && !system.includes("NTLM")) {
    return `${wants}, but proxyAuth is ntlm, which linkuser-agent supports only on Windows. Set proxyAuth to auto, or ${without}`;
  }
  if (mode !== "auto" && !offered.some((scheme) => scheme.toLowerCase() === mode)) {
    return `${wants}, but proxyAuth is ${mode}. Set proxyAuth to what it offers, or configure the proxy to offer ${mode === "ntlm" ? "NTLM" : mode === "basic" ? "Basic" : "Negotiate"}`;
  }
  if (offered.includes("Basic") && mode !== "negotiate") {
    const hasOther = offered.includes("Negotiate") && mode === "auto";
    const other = hasOther ? " Negotiate is not supported on this system." : "";
    return proxy.discovered
      ? `wants a user name and password (status 407), ${notFromHere}`
      : `wants a user name and password (status 407).${other} Put proxyUsername and proxyPassword into the credential file, or ${without}`;
  }
  if (offered.includes("Negotiate"))
    return `${wants}, which linkuser-agent does not support on this system. Configure the proxy to offer Basic, or ${without}`;
  if (offered.includes("NTLM") && system.includes("NTLM")) {
    return `${wants}, which only proxyAuth = ntlm allows, because an attacker can relay it to other servers. Configure the proxy to offer Negotiate, or set proxyAuth to ntlm`;
  }
  return `${wants}; linkuser-agent supports Negotiate and Basic. Configure the proxy to offer one of them, or ${without}`;
}
