import { parseProxy, type Way } from "./address.ts";

/**
 * The ways that a PAC script names: `PROXY a:8080; HTTPS b:443; DIRECT`, in its order. Nothing at all means the direct
 * way. SOCKS and what is not understood do not count.
 * @returns none where nothing of it can be used
 */
export function waysOfPac(result: string): readonly Way[] {
  const entries = result
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.length === 0 ? ["direct"] : entries.flatMap(wayOf);
}

function wayOf(entry: string): readonly Way[] {
  if (/^direct$/i.test(entry)) return ["direct"];
  const [, kind = "", address = ""] =
    /^(proxy|http|https)\s+([\w.-]+(?::\d{1,5})?|\[[\da-f:.]+\](?::\d{1,5})?)$/i.exec(entry) ?? [];
  if (address === "") return [];
  const scheme = kind.toLowerCase() === "https" ? "https" : "http";
  try {
    return [parseProxy(`${scheme}://${address}`, "the PAC script's result")];
  } catch {
    return [];
  }
}
