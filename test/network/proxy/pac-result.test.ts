import fc from "fast-check";
import { expect, test } from "vitest";
import { routesOfPac } from "../../../agent/network/proxy/pac-result.ts";

const shown = (result: string) =>
  routesOfPac(result, false).map((route) => (route === "direct" ? route : route.origin));

test.each<[string, string[]]>([
  ["DIRECT", ["direct"]],
  ["", ["direct"]],
  [" ; ", ["direct"]],
  ["PROXY p:8080", ["http://p:8080"]],
  ["proxy p:8080; direct", ["http://p:8080", "direct"]],
  ["PROXY a:1;PROXY b:2; DIRECT", ["http://a:1", "http://b:2", "direct"]],
  ["HTTPS p:443", ["https://p"]],
  ["HTTP p:3128", ["http://p:3128"]],
  ["PROXY p", ["http://p"]],
  ["PROXY [2001:db8::1]:8080", ["http://[2001:db8::1]:8080"]],
  ["SOCKS s:1080; DIRECT", ["direct"]],
  ["SOCKS5 s:1080; SOCKS4 t:1080", ["socks5://s"]],
  ["SOCKS5 s:1081", ["socks5://s:1081"]],
  ["PROXY u:p@evil:80", []],
  ["PROXY p:99999", []],
])("%s", (result, expected) => {
  expect(shown(result)).toEqual(expected);
});

test("at most ten routes count", () => {
  expect(shown("PROXY p:1;".repeat(20_000))).toHaveLength(10);
});

test("nothing breaks it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (result) => void routesOfPac(`PROXY ${result}`, true)));
});
