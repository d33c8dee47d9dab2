import { constants } from "../../native-layout.ts";

const { RTF_UP, RTF_REJECT } = constants("net/route.h", { RTF_UP: 0x0001, RTF_REJECT: 0x0200 });

/**
 * The adapters of the default routes, best first: IPv4 by metric, then IPv6 by metric.
 * @param ipv4 text of /proc/net/route, with the columns Iface Destination Gateway Flags RefCnt Use Metric Mask …; numbers
 * are hexadecimal but for the metric
 * @param ipv6 text of /proc/net/ipv6_route, with the columns destination, its length, source, its length, next hop,
 * metric, references, use, flags, device; all hexadecimal
 */
export function defaultRouteAdapters(ipv4: string, ipv6: string): readonly string[] {
  const ofIpv4 = linesOf(ipv4).map(([adapter, destination, , flags, , , metric, mask]) => ({
    adapter,
    isDefault: destination === "00000000" && mask === "00000000",
    flags,
    metric: Number.parseInt(metric ?? "", 10),
  }));
  const ofIpv6 = linesOf(ipv6).map(([destination = "", length, , , , metric, , , flags, adapter]) => ({
    adapter,
    isDefault: /^0{32}$/.test(destination) && length === "00" && adapter !== "lo",
    flags,
    metric: Number.parseInt(metric ?? "", 16),
  }));
  const adapters = [ofIpv4, ofIpv6].flatMap((routes) =>
    routes
      .filter(({ isDefault, flags }) => isDefault && isUsable(flags))
      .toSorted((a, b) => (a.metric || 0) - (b.metric || 0))
      .flatMap(({ adapter }) => adapter ?? []),
  );
  return [...new Set(adapters)];
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim().split(/\s+/));

function isUsable(flags = ""): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & RTF_UP) !== 0 && (bits & RTF_REJECT) === 0;
}
