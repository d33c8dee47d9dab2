import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";

/** An HTTP proxy and how to log on to it. */
export interface ProxyAddress {
  /** Scheme, host and port; safe to show. */
  readonly origin: string;
  /** Value of `Proxy-Authorization`; undefined to send none. */
  readonly authorization: Secret | undefined;
  /** The network itself named it (WPAD) and nobody's setting: it must not get a password. */
  readonly discovered: boolean;
}

/** One way to a host. */
export type Way = "direct" | ProxyAddress;

/**
 * @param value a URL, or `host:port`
 * @param origin of the value, for the message; the value itself may hold a password
 * @throws AgentError `setting-invalid`
 */
export function parseProxy(value: string, origin: string): ProxyAddress {
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new AgentError(
      "setting-invalid",
      `${origin} is not the address of an HTTP proxy, such as http://proxy.example.com:3128. Correct it, or set proxy to none.`,
    );
  }
  const authorization =
    url.username === "" ? undefined : basicAuthorization(unescaped(url.username), new Secret(unescaped(url.password)));
  return { origin: url.origin, authorization, discovered: false };
}

/** RFC 7617 */
export function basicAuthorization(username: string, password: Secret): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    // A bare percent sign in a password that nobody encoded.
    if (thrown instanceof URIError) return text;
    throw thrown;
  }
}
