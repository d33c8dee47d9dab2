/** net/route.h, as netstat(1) spells them. */
const refused = /[RB]/;
/** RTF_IFSCOPE: used only by sockets that are bound to that adapter. */
const scoped = "I";

/**
 * The adapters of the default routes, best first: those for everybody, then those for one adapter, in the system's
 * order.
 * @param text what `netstat -rn -f inet` (or `inet6`) prints: Destination, Gateway, Flags, Netif, Expire
 */
export function defaultRouteAdapters(text: string): readonly string[] {
  const routes = text.split("\n").flatMap((line) => {
    const [destination, , flags = "", adapter = ""] = line.trim().split(/\s+/);
    const usable = destination === "default" && flags.startsWith("U") && !refused.test(flags) && adapter !== "";
    return usable ? [{ adapter, scoped: flags.includes(scoped) }] : [];
  });
  const sorted = routes.toSorted((a, b) => Number(a.scoped) - Number(b.scoped));
  return [...new Set(sorted.map(({ adapter }) => adapter))];
}
