import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routesBy } from "../../../../agent/platform/windows/proxy/named-proxies.ts";

const gears = new URL("https://gears.opswat.com");
const routes = (proxies: string, bypass = "", url = gears) =>
  routesBy({ proxies, bypass }, url).map((route) => (route === "direct" ? route : route.origin));

describe("a list of proxies", () => {
  test.each<[string, string[]]>([
    ["proxy:8080", ["http://proxy:8080"]],
    ["proxy", ["http://proxy"]],
    ["http://proxy:8080", ["http://proxy:8080"]],
    ["https://proxy:8443", ["https://proxy:8443"]],
    ["a:1;b:2", ["http://a:1", "http://b:2"]],
    ["a:1 b:2\tc:3", ["http://a:1", "http://b:2", "http://c:3"]],
    ["http=a:1;https=b:2;ftp=c:3", ["http://b:2"]],
    ["HTTPS=b:2", ["http://b:2"]],
    ["https=http://b:2", ["http://b:2"]],
    ["http=a:1", ["direct"]],
    ["http=a:1;c:3", ["http://c:3"]],
    ["[2001:db8::1]:8080", ["http://[2001:db8::1]:8080"]],
    ["", ["direct"]],
  ])("%s", (proxies, expected) => {
    expect(routes(proxies)).toEqual(expected);
  });

  test.each(["socks=s:1080", "http=a:1;socks=s:1080"])("that leaves %s alone is reported", (proxies) => {
    expect(() => routes(proxies)).toThrow(/a SOCKS4 proxy/);
  });

  test("that names no address is refused", () => {
    expect(() => routes("socks4://s:1080")).toThrow(expect.objectContaining({ code: "setting-invalid" }));
  });

  test("is marked where only the network names it", () => {
    expect(routesBy({ proxies: "a:1", bypass: "" }, gears, true)).toMatchObject([{ discovered: true }]);
  });
});

describe("the list of hosts without a proxy", () => {
  test.each<[string, string, boolean]>([
    ["gears.opswat.com", "https://gears.opswat.com", true],
    ["opswat.com", "https://gears.opswat.com", false],
    ["*.opswat.com", "https://gears.opswat.com", true],
    ["*.OPSWAT.com", "https://gears.opswat.com", true],
    ["*opswat*", "https://gears.opswat.com", true],
    ["*", "https://gears.opswat.com", true],
    ["a.test;b.test *.com", "https://gears.opswat.com", true],
    ["<local>", "https://gateway", true],
    ["<local>", "https://gears.opswat.com", false],
    ["<local>", "https://[2001:db8::1]", false],
    ["10.*", "https://10.1.2.3", true],
    ["[2001:db8::1]", "https://[2001:db8::1]", true],
    ["https://*.com", "https://gears.opswat.com", true],
    ["http://*.com", "https://gears.opswat.com", false],
    ["*.com:443", "https://gears.opswat.com", true],
    ["*.com:8443", "https://gears.opswat.com", false],
    ["<-loopback>", "https://gears.opswat.com", false],
  ])("%s and %s: %s", (bypass, url, direct) => {
    expect(routes("proxy:8080", bypass, new URL(url))).toEqual([direct ? "direct" : "http://proxy:8080"]);
  });

  test("is read with any content", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (bypass) => {
        expect(["direct", "http://proxy:8080"]).toContain(routes("proxy:8080", bypass)[0]);
      }),
    );
  });
});
