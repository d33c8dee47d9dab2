import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultRouteAdapters } from "../../../../agent/platform/linux/hardware/routes.ts";

const ipv4 = (adapter: string, metric: number, flags = "0003"): string =>
  `${adapter}\t00000000\t0101A8C0\t${flags}\t0\t0\t${metric}\t00000000\t0\t0\t0`;
const zeros = "0".repeat(32);
const ipv6 = (adapter: string, metric: string, flags = "00000003"): string =>
  `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 ${metric} 00000001 00000000 ${flags} ${adapter.padStart(8)}`;

test("the lowest metric is the best", () => {
  expect(defaultRouteAdapters([ipv4("wlan0", 600), ipv4("eth0", 100)].join("\n"), "")).toEqual(["eth0", "wlan0"]);
});

test("an IPv6 route counts after all of IPv4, its metric is hexadecimal", () => {
  const table = [ipv6("eth1", "00000400"), ipv6("wlan0", "00000064"), ipv6("eth0", "00000001")].join("\n");
  expect(defaultRouteAdapters(ipv4("eth0", 100), table)).toEqual(["eth0", "wlan0", "eth1"]);
});

test.each([
  ["down", ipv4("eth0", 0, "0002"), ""],
  ["rejecting", "", ipv6("eth0", "ffffffff", "00200200")],
  ["rejecting, of the loopback adapter", "", ipv6("lo", "ffffffff", "00200201")],
  ["to one network", "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", ""],
])("a route that is %s is no default route", (_, four, six) => {
  expect(defaultRouteAdapters(four, six)).toEqual([]);
});

test("any text gives names that it contains, each once", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (four, six) => {
      const adapters = defaultRouteAdapters(four, six);
      expect(new Set(adapters).size).toBe(adapters.length);
      expect(adapters.every((name) => name !== "" && (four + six).includes(name))).toBe(true);
    }),
  );
});

test("a table in any order gives the same adapters", () => {
  const lines = ["eth0", "eth1", "wlan0", "wwan0"].map((name, at) => ipv4(name, 100 + at));
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
      expect(defaultRouteAdapters(shuffled.join("\n"), "")).toEqual(["eth0", "eth1", "wlan0", "wwan0"]);
    }),
  );
});
