import { parseProxy, type Route } from "./address.ts";

/**
 * The routes that a PAC script names: `PROXY a:8080; HTTPS b:443; DIRECT`, in its order. Nothing at all means the
 * direct route. Unknown kinds are ignored, and so is `SOCKS`, which is version 4; at most ten of the rest are used.
 * @param discovered of these proxies
 * @returns none if nothing of it can be used
 */
export function routesOfPac(result: string, discovered: boolean): readonly Route[] {
  const entries = result
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.length === 0
    ? ["direct"]
    : entries
        .slice(0, 100)
        .flatMap((entry) => routeOf(entry, discovered))
        .slice(0, maxRoutes);
}

/** Each gets an equal part of the time that a request has. */
const maxRoutes = 10;

function routeOf(entry: string, discovered: boolean): readonly Route[] {
  if (/^direct$/i.test(entry)) return ["direct"];
  const [, kind = "", address = ""] =
    /^(proxy|https?|socks5)\s+([\w.-]+(?::\d{1,5})?|\[[\da-f:.]+\](?::\d{1,5})?)$/i.exec(entry) ?? [];
  if (address === "") return [];
  const scheme = kind.toLowerCase().replace("proxy", "http");
  try {
    return [{ ...parseProxy(`${scheme}://${address}`, "the PAC script's result"), discovered }];
  } catch {
    return [];
  }
}
