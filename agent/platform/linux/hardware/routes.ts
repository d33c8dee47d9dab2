import { constants } from "../../native-layout.ts";

const { RTF_UP, RTF_REJECT } = constants("net/route.h", { RTF_UP: 0x0001, RTF_REJECT: 0x0200 });

interface Route {
  readonly adapter: string;
  readonly metric: number;
}

/**
 * The adapters of the default routes, best first: IPv4 by metric, then IPv6 by metric.
 * @param ipv4 text of /proc/net/route
 * @param ipv6 text of /proc/net/ipv6_route
 */
export function defaultRouteAdapters(ipv4: string, ipv6: string): string[] {
  const byMetric = (routes: Route[]): string[] =>
    routes.sort((a, b) => a.metric - b.metric).map(({ adapter }) => adapter);
  return [...new Set([...byMetric(ipv4Defaults(ipv4)), ...byMetric(ipv6Defaults(ipv6))])];
}

/** Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask …; numbers hexadecimal but for the metric. */
function ipv4Defaults(text: string): Route[] {
  return text.split("\n").flatMap((line) => {
    const [adapter = "", destination = "", , flags = "", , , metric = "", mask = ""] = line.trim().split(/\s+/);
    return destination === "00000000" && mask === "00000000" && isUsable(flags)
      ? [{ adapter, metric: Number.parseInt(metric, 10) || 0 }]
      : [];
  });
}

/**
 * Columns: destination, its length, source, its length, next hop, metric, references, use, flags, device; all
 * hexadecimal.
 */
function ipv6Defaults(text: string): Route[] {
  return text.split("\n").flatMap((line) => {
    const [destination = "", length = "", , , , metric = "", , , flags = "", adapter = ""] = line.trim().split(/\s+/);
    return /^0{32}$/.test(destination) && length === "00" && isUsable(flags) && adapter !== "lo" && adapter !== ""
      ? [{ adapter, metric: Number.parseInt(metric, 16) || 0 }]
      : [];
  });
}

function isUsable(flags: string): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & RTF_UP) !== 0 && (bits & RTF_REJECT) === 0;
}
