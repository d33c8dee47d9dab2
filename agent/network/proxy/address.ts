import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";

/** A user name and a password for a proxy. */
export interface ProxyLogin {
  /** One secret, because a user name in a message could be a password in the wrong place. */
  readonly pair: Secret;
  /** Their origin, for messages: `HTTPS_PROXY`, `the credential file /etc/linkuser-agent/credential.json`. */
  readonly origin: string;
}

/** A proxy and how to log on to it. */
export interface ProxyAddress {
  /** Scheme (`http:`, `https:`, `socks5:`), host and port; safe to show. */
  readonly origin: string;
  /** Undefined to send none. */
  readonly login: ProxyLogin | undefined;
  /** The network named it: WPAD, or a PAC script that came over `http:`. It must get no log-on. */
  readonly discovered: boolean;
}

/** One route to a host. */
export type Route = "direct" | ProxyAddress;

/** @param username without a colon, which neither RFC 7617 nor a URL can carry */
export const proxyLogin = (username: string, password: string, origin: string): ProxyLogin => ({
  pair: new Secret(`${username}:${password}`),
  origin,
});

/** For the code that sends them. */
export function revealed({ pair }: ProxyLogin): { readonly username: string; readonly password: string } {
  const text = pair.reveal();
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * `socks5h:` says that the proxy looks up names, which it does here in any case. `socks:` leaves the version open; GNOME
 * and KDE write it.
 */
const schemes: Readonly<Record<string, string>> = {
  "http:": "http:",
  "https:": "https:",
  "socks5:": "socks5:",
  "socks5h:": "socks5:",
  "socks:": "socks5:",
};

const example = "such as http://proxy.example.com:3128 or socks5://proxy.example.com:1080";

/**
 * Reads a proxy's address. Other forms are refused: with `/`, `\`, `?` or `#` in a password, a part of it would be
 * taken for the host.
 * @param value a URL, or `host:port` of an HTTP proxy
 * @param origin of the value, for the message; the value itself may hold a password and is never shown
 * @throws AgentError `setting-invalid`
 */
export function parseProxy(value: string, origin: string): ProxyAddress {
  const invalid = (why: string): AgentError =>
    new AgentError("setting-invalid", `${origin} ${why}. Correct it, or set proxy to none.`);
  const [, scheme = "http:", rest = ""] = /^(?:([a-z][\w+.-]*:)\/\/)?(.*)$/is.exec(value.trim()) ?? [];
  const kind = schemes[scheme.toLowerCase()];
  if (kind === undefined) throw invalid(`is not the address of an HTTP or SOCKS5 proxy, ${example}`);
  const at = rest.lastIndexOf("@");
  const login = at === -1 ? undefined : rest.slice(0, at);
  const address = rest.slice(at + 1).replace(/\/+$/, "");
  const encode =
    "Write these characters percent-encoded (%25 for %, %2F for /, %5C for \\, %40 for @, %23 for #, %3F for ?)";
  if (login !== undefined && /[/\\?#\s]/.test(login)) {
    throw invalid(`has a character in its user name or password that must be percent-encoded. ${encode}`);
  }
  if (login !== undefined && /%(?![\da-f]{2})/i.test(login)) {
    throw invalid(`has a % in its user name or password that does not begin a percent-encoded character. ${encode}`);
  }
  // As http:, because WHATWG's parser reads hosts and ports only of such schemes.
  const text = `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || url.port === "0" || /[/\\?#\s]/.test(address)) {
    throw invalid(`is not the address of an HTTP or SOCKS5 proxy, ${example}`);
  }
  return {
    origin: originOf(kind, url, address),
    login: login === undefined ? undefined : loginOf(login),
    discovered: false,
  };

  function loginOf(pair: string): ProxyLogin | undefined {
    const [username = "", ...password] = pair.split(":");
    try {
      const name = decodeURIComponent(username);
      if (name.includes(":")) throw invalid("has a colon in its user name, which Basic authentication does not allow");
      return name === "" ? undefined : proxyLogin(name, decodeURIComponent(password.join(":")), origin);
    } catch (thrown) {
      if (!(thrown instanceof URIError)) throw thrown;
      throw invalid(`has percent-encoded characters in its user name or password that are not UTF-8. ${encode}`);
    }
  }
}

/** With the port where it is not the scheme's own: 80, 443, 1080. */
function originOf(scheme: string, { hostname, port }: URL, address: string): string {
  // The parser leaves out http's own port, which another scheme's address needs.
  const given = port === "" && /:80$/.test(address) ? "80" : port;
  const own = defaultPorts[scheme];
  return `${scheme}//${hostname}${given === "" || given === own ? "" : `:${given}`}`;
}

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443", "socks5:": "1080" };

/** Whether others on the network could have changed the PAC script at this address. */
export const isForgeable = (script: string): boolean => !/^(?:https|file):/i.test(script);

/** The host, without brackets, and the port that a proxy listens at. */
export function endpointOf({ origin }: ProxyAddress): { readonly host: string; readonly port: number } {
  const [, scheme = "", host = "", port] = /^(\w+:)\/\/(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(origin) ?? [];
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port ?? defaultPorts[scheme]) };
}
