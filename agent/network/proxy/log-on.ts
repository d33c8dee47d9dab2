import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { type ProxyAddress, type ProxyLogin, revealed } from "./address.ts";

/** A log-on at an HTTP proxy (RFC 9110 11.7), request by request. */
export interface LogOn {
  /** The value of `Proxy-Authorization` for the first request; undefined to send none. */
  readonly first: Secret | undefined;
  /**
   * The value for the next one, after a 407.
   * @param challenges the values of `Proxy-Authenticate`
   * @throws AgentError `proxy-refused` where nothing more can be said
   */
  next(challenges: readonly string[]): Promise<Secret>;
}

/** Only Basic (RFC 7617) is spoken here: one request, with the proxy's user name and password where it has them. */
export function startLogOn(proxy: ProxyAddress, target: string): LogOn {
  return {
    first: proxy.login && basicAuthorization(proxy.login),
    next: async (challenges) => {
      const { host } = new URL(proxy.origin);
      const message = `The proxy ${host} ${whyRefused(proxy, target, challenges)}.`;
      throw new AgentError("proxy-refused", message, { place: { stage: "proxy log-on", party: "proxy" } });
    },
  };
}

function basicAuthorization(login: ProxyLogin): Secret {
  const { username, password } = revealed(login);
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
}

function whyRefused({ login, discovered }: ProxyAddress, target: string, challenges: readonly string[]): string {
  const schemes = offeredSchemes(challenges.join(", "));
  if (!schemes.includes("Basic")) {
    const wanted = schemes.length === 0 ? "a log-on of a kind that it does not name" : schemes.join(" or ");
    return `wants ${wanted} (status 407); linkuser-agent speaks Basic alone. Have it let this host reach ${target} without a log-on, or offer Basic`;
  }
  if (login !== undefined) {
    return `refuses the user name and password from ${login.origin} (status 407). They are not sent again in this run, so that no account is locked. Correct them there`;
  }
  return discovered
    ? "wants a user name and password (status 407), which a proxy that only the network names (WPAD) does not get. Name it in the setting proxy"
    : `wants a user name and password (status 407). Put proxyUsername and proxyPassword into the credential file, or have it let this host reach ${target} without`;
}

const knownSchemes = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos"] as const;

/** @param challenges as in `Proxy-Authenticate` (RFC 9110 11.7.1) */
function offeredSchemes(challenges: string): readonly string[] {
  const bare = challenges.replace(/"(?:[^"\\]|\\.)*"/g, "");
  return knownSchemes.filter((scheme) => new RegExp(`(?:^|,)\\s*${scheme}(?=[\\s,]|$)`, "i").test(bare));
}
