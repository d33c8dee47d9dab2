import type { Socket } from "node:net";
import type { Destination } from "undici/lib/core/connect.js";
import type Client from "undici/lib/dispatcher/client.js";
import type { ResponseHeaders } from "undici/lib/dispatcher/client.js";
import { AgentError } from "../errors.ts";
import { networkFailure } from "./network-failure.ts";
import type { ProxyAddress } from "./proxy/address.ts";

/** Asks a proxy for a tunnel (RFC 9110 9.3.6). It learns the host and port, and nothing of what is said. */
export function openTunnel(
  toProxy: Client,
  proxy: ProxyAddress,
  destination: Destination,
  done: (error: Error | null, socket?: Socket) => void,
): void {
  const port = destination.port || (destination.protocol === "https:" ? "443" : "80");
  const bare = destination.hostname.includes(":") ? `[${destination.hostname}]` : destination.hostname;
  const authority = `${bare}:${port}`;
  const { host } = new URL(proxy.origin);
  const authorization = proxy.authorization && { "proxy-authorization": proxy.authorization.reveal() };
  toProxy.dispatch(
    { method: "CONNECT", path: authority, headers: { host: authority, ...authorization } },
    {
      onRequestStart() {},
      onRequestUpgrade(_controller, status, headers, socket) {
        if (status >= 200 && status < 300) {
          done(null, socket);
          return;
        }
        socket.on("error", () => {}).destroy();
        const why = status === 407 ? loginRefused(proxy, authority, headers) : reasons[status]?.(authority);
        const message = `The proxy ${host} ${why ?? `refuses a connection to ${authority} (status ${status})`}.`;
        done(new AgentError("proxy-refused", message));
      },
      // undici would try for ever again where one of its own socket errors came out of a connector.
      onResponseError: (_controller, error) => done(networkFailure(error, `the proxy ${host}`) ?? error),
    },
  );
}

/** By status, what a proxy's refusal of a tunnel means; completes "The proxy …". */
const reasons: Readonly<Record<number, (authority: string) => string>> = {
  403: (authority) => `does not allow connections to ${authority} (status 403). Ask for it to be allowed`,
  502: (authority) => `can't reach ${authority} (status 502)`,
  503: (authority) => `can't reach ${authority} (status 503)`,
  504: (authority) => `can't reach ${authority} (status 504)`,
};

/** Says which log-on the proxy wants, of which only Basic (RFC 7617) is spoken here. */
function loginRefused(proxy: ProxyAddress, authority: string, headers: ResponseHeaders): string {
  const schemes = offeredSchemes([headers["proxy-authenticate"] ?? ""].flat().join(", "));
  if (!schemes.includes("Basic")) {
    const wanted = schemes.length === 0 ? "a log-on of a kind that it does not tell" : schemes.join(" or ");
    return `wants ${wanted} (status 407); linkuser-agent speaks Basic alone. Have it let this host reach ${authority} without a log-on, or offer Basic`;
  }
  if (proxy.authorization !== undefined) {
    return "refuses the user name and password (status 407). Correct proxyUsername and proxyPassword in the credential file";
  }
  return proxy.discovered
    ? "wants a user name and password (status 407), which a proxy that only the network names (WPAD) does not get. Name it in the setting proxy"
    : `wants a user name and password (status 407). Put proxyUsername and proxyPassword into the credential file, or have it let this host reach ${authority} without`;
}

const knownSchemes = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos"] as const;

/** @param challenges as in `Proxy-Authenticate` (RFC 9110 11.7.1) */
function offeredSchemes(challenges: string): readonly string[] {
  const bare = challenges.replace(/"(?:[^"\\]|\\.)*"/g, "");
  return knownSchemes.filter((scheme) => new RegExp(`(?:^|,)\\s*${scheme}(?=[\\s,]|$)`, "i").test(bare));
}
