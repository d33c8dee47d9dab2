import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseProxy } from "../../agent/api/proxy-choice.ts";

const gears = new URL("https://gears.opswat.com/x");
const HTTPS_PROXY = "http://proxy.example.com:3128";

test("none connects directly, whatever the environment says", () => {
  expect(chooseProxy("none", gears, { HTTPS_PROXY }).proxy).toBeUndefined();
});

test("an address is obeyed, whatever NO_PROXY says", () => {
  const { proxy, reason } = chooseProxy("http://p.example.com:8080/", gears, { HTTPS_PROXY, NO_PROXY: "*" });
  expect(proxy).toEqual({ origin: "http://p.example.com:8080", authorization: undefined });
  expect(reason).toBe("the setting proxy");
});

describe("auto", () => {
  test.each<[string, string, Record<string, string>, string | undefined]>([
    ["nothing set", "https://gears.opswat.com", {}, undefined],
    ["HTTPS_PROXY", "https://gears.opswat.com", { HTTPS_PROXY }, "http://proxy.example.com:3128"],
    ["lower case wins", "https://gears.opswat.com", { HTTPS_PROXY, https_proxy: "http://other:1" }, "http://other:1"],
    [
      "an empty one counts as not set",
      "https://gears.opswat.com",
      { HTTPS_PROXY, https_proxy: "" },
      "http://proxy.example.com:3128",
    ],
    ["HTTP_PROXY is for http alone", "https://gears.opswat.com", { HTTP_PROXY: HTTPS_PROXY }, undefined],
    ["HTTP_PROXY for http", "http://10.0.0.1", { HTTP_PROXY: HTTPS_PROXY }, "http://proxy.example.com:3128"],
    ["without a scheme", "https://gears.opswat.com", { HTTPS_PROXY: "proxy:3128" }, "http://proxy:3128"],
    ["a proxy over TLS", "https://gears.opswat.com", { HTTPS_PROXY: "https://proxy" }, "https://proxy"],
    ["this machine, by name", "https://localhost:8443", { HTTPS_PROXY }, undefined],
    ["this machine, by IPv4", "https://127.8.9.1", { HTTPS_PROXY }, undefined],
    ["this machine, by IPv6", "https://[::1]:8443", { HTTPS_PROXY }, undefined],
  ])("%s", (_, url, environment, origin) => {
    expect(chooseProxy("auto", new URL(url), environment).proxy?.origin).toBe(origin);
  });

  test.each<[string, string, boolean]>([
    ["*", "https://gears.opswat.com", true],
    ["gears.opswat.com", "https://gears.opswat.com", true],
    ["GEARS.OPSWAT.COM", "https://gears.opswat.com", true],
    ["opswat.com", "https://gears.opswat.com", true],
    [".opswat.com", "https://gears.opswat.com", true],
    ["*.opswat.com", "https://gears.opswat.com", true],
    ["opswat.com.", "https://gears.opswat.com", true],
    ["opswat.com", "https://gears.opswat.com.", true],
    ["pswat.com", "https://gears.opswat.com", false],
    ["gears.opswat.com.evil.example", "https://gears.opswat.com", false],
    ["a.example, b.example  gears.opswat.com", "https://gears.opswat.com", true],
    ["gears.opswat.com:443", "https://gears.opswat.com", true],
    ["gears.opswat.com:8443", "https://gears.opswat.com", false],
    ["gears.opswat.com:8443", "https://gears.opswat.com:8443", true],
    ["10.1.2.3", "https://10.1.2.3", true],
    ["10.1.2.3:443", "https://10.1.2.3", true],
    ["10.1.2.3:444", "https://10.1.2.3", false],
    ["10.0.0.0/8", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://11.1.2.3", false],
    ["10.1.2.0/23", "https://10.1.3.255", true],
    ["0.0.0.0/0", "https://10.1.2.3", true],
    ["0.0.0.0/0", "https://gears.opswat.com", false],
    ["10.0.0.0/33", "https://10.1.2.3", false],
    ["2001:db8::/32", "https://[2001:db8::7]", true],
    ["2001:db8::/32", "https://[2001:db9::7]", false],
    ["[2001:db8::7]", "https://[2001:db8::7]", true],
    ["[2001:db8::7]:443", "https://[2001:db8::7]", true],
    ["[2001:db8::7]:444", "https://[2001:db8::7]", false],
    ["2001:db8:0::7", "https://[2001:db8::7]", true],
    ["10.0.0.0/8", "https://[::ffff:10.1.2.3]", true],
    [".", "https://gears.opswat.com", false],
    [":", "https://gears.opswat.com", false],
    ["/8", "https://10.1.2.3", false],
  ])("NO_PROXY %s and %s", (NO_PROXY, url, direct) => {
    const { proxy, reason } = chooseProxy("auto", new URL(url), { HTTPS_PROXY, NO_PROXY });
    expect(proxy === undefined).toBe(direct);
    expect(reason).toMatch(direct ? /^NO_PROXY has / : /^HTTPS_PROXY$/);
  });

  test.each([
    ["http://u:p@proxy:3128", "u:p"],
    ["http://u@proxy:3128", "u:"],
    ["http://CORP%5Cu:p%40ss@proxy:3128", "CORP\\u:p@ss"],
    ["http://u:100%@proxy:3128", "u:100%"],
  ])("takes user name and password from %s, and shows neither", (value, pair) => {
    const { proxy } = chooseProxy("auto", gears, { HTTPS_PROXY: value });
    expect(proxy?.authorization?.reveal()).toBe(`Basic ${Buffer.from(pair).toString("base64")}`);
    expect(JSON.stringify(proxy)).toBe('{"origin":"http://proxy:3128","authorization":"REDACTED"}');
  });

  test.each(["socks5://u:pass@proxy:1080", "http://", "::::", "ftp://proxy"])(
    "refuses %s without showing it",
    (value) => {
      expect(() => chooseProxy("auto", gears, { HTTPS_PROXY: value })).toThrow(
        expect.objectContaining({ code: "setting-invalid", message: expect.not.stringContaining("pass") }),
      );
    },
  );

  test("no NO_PROXY breaks it, and one without the host changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (NO_PROXY) => {
        const { proxy } = chooseProxy("auto", gears, { HTTPS_PROXY, NO_PROXY });
        const mayMatch = NO_PROXY.includes("*") || /com/i.test(NO_PROXY);
        expect(mayMatch || proxy?.origin === HTTPS_PROXY).toBe(true);
      }),
    );
  });

  test("an IPv4 address is in its own network of any size", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, bits) => {
        fc.pre(!address.startsWith("127."));
        const choice = chooseProxy("auto", new URL(`https://${address}`), {
          HTTPS_PROXY,
          NO_PROXY: `${address}/${bits}`,
        });
        expect(choice.proxy).toBeUndefined();
      }),
    );
  });
});
