import { AgentError } from "../../../errors.ts";
import { matchesPattern } from "../../../identity/pattern.ts";
import { type ProxyAddress, parseProxy, type Route } from "../../../network/proxy/address.ts";
import { bareHost, portOf } from "../../../network/proxy/host-match.ts";
import type { NamedProxies } from "./read-proxies.ts";

/**
 * The routes to a URL by a list of proxies as Windows writes it (WINHTTP_PROXY_INFO): `proxy:8080`,
 * `http=a:80;https=b:80`, with semicolons or blanks between. Entries for another scheme do not count; if none is
 * left it is `direct`.
 * @throws AgentError `setting-invalid`, also if only SOCKS is left
 */
export function routesBy({ proxies, bypass }: NamedProxies, url: URL, discovered = false): readonly Route[] {
  if (listOf(bypass).some((entry) => bypasses(entry, url))) return ["direct"];
  const routes = listOf(proxies).flatMap((entry) => proxyFor(entry, url, discovered));
  if (routes.length === 0 && /(?:^|[;\s])socks=/i.test(proxies)) {
    const message =
      "Windows' settings name a SOCKS4 proxy, which is not supported. Name an HTTP or SOCKS5 proxy in the setting proxy.";
    throw new AgentError("setting-invalid", message);
  }
  return routes.length === 0 ? ["direct"] : routes;
}

const listOf = (text: string): readonly string[] => text.split(/[;\s]+/).filter((entry) => entry !== "");

function proxyFor(entry: string, url: URL, discovered: boolean): readonly ProxyAddress[] {
  const [, scheme, address = entry] = /^([a-z]+)=(.*)$/i.exec(entry) ?? [];
  if (scheme !== undefined && `${scheme.toLowerCase()}:` !== url.protocol) return [];
  return [{ ...parseProxy(address, "the proxy in Windows' settings"), discovered }];
}

/**
 * An entry of the bypass list: `<local>` for names without a dot, a name or an address with `*`, perhaps with scheme
 * and port.
 */
function bypasses(entry: string, url: URL): boolean {
  const host = bareHost(url);
  if (entry.toLowerCase() === "<local>") return !host.includes(".") && !host.includes(":");
  const [, scheme, pattern = "", port] = /^(?:([a-z]+):\/\/)?(.*?)(?::(\d+))?$/i.exec(entry) ?? [];
  if (scheme !== undefined && `${scheme.toLowerCase()}:` !== url.protocol) return false;
  if (port !== undefined && port !== portOf(url)) return false;
  return matchesPattern(pattern.replace(/^\[|\]$/g, ""), host);
}
