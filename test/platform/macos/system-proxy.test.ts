import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNetworkSettings, readSystemProxy } from "../../../agent/platform/macos/system-proxy.ts";
import { printed } from "./fixture.ts";

const settings = printed("scutil-proxy");
const partsOf = (url: string, text = settings) => readSystemProxy(new URL(url), () => text);

test.each([
  ["https://gears.opswat.com", "http://secure-proxy.example.com:3128"],
  ["http://gears.opswat.com", "http://proxy.example.com:8080"],
  ["https://gears.example.org", "http://secure-proxy.example.com:3128"],
  ["https://sub.intranet.example.com", "http://secure-proxy.example.com:3128"],
])("%s goes through %s", (url, origin) => {
  expect(partsOf(url)).toMatchObject({ kind: "found", value: { routes: [{ origin, discovered: false }] } });
});

test.each(["https://intranet.example.com", "https://printer.local", "https://169.254.7.7", "https://gateway"])(
  "%s is excepted",
  (url) => {
    expect(partsOf(url)).toMatchObject({ kind: "found", value: { routes: ["direct"] } });
  },
);

test("no proxy is absent, whether turned off or never set", () => {
  expect(partsOf("https://a.example", settings.replace("HTTPSEnable : 1", "HTTPSEnable : 0"))).toMatchObject({
    kind: "absent",
  });
  expect(partsOf("https://a.example", "<dictionary> {\n}\n")).toMatchObject({ kind: "absent" });
});

test("a PAC script is named, to be run", () => {
  const address = "http://wpad.example.com/proxy.pac";
  const pac = `ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : ${address}`;
  const found = { kind: "found", value: { script: address } };
  expect(partsOf("https://a.example", settings.replace("FTPPassive : 1", pac))).toMatchObject(found);
});

test.each([
  ["no script was found yet", ""],
  // configd(8) puts the address that DHCP or DNS gave beside it, as if an administrator had set it.
  [
    "the network names a script",
    "  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : https://wpad.example.net/a\n",
  ],
])("automatic discovery is not used: %s", (_when, script) => {
  const text = settings.replace("  FTPPassive", `${script}  ProxyAutoDiscoveryEnable`);
  expect(partsOf("https://a.example", text)).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("the setting proxy") },
  });
});

test("an address that is none is a failure", () => {
  expect(partsOf("https://a.example", settings.replace("secure-proxy.example.com", "a b"))).toMatchObject({
    kind: "failed",
  });
});

test("a SOCKS proxy is used where no other is set", () => {
  const socks = "  SOCKSEnable : 1\n  SOCKSPort : 1081\n  SOCKSProxy : socks.example.com\n  FTPPassive";
  const both = settings.replace("  FTPPassive", socks);
  expect(partsOf("https://a.example", both.replace("HTTPSEnable : 1", "HTTPSEnable : 0"))).toMatchObject({
    value: { routes: [{ origin: "socks5://socks.example.com:1081" }] },
  });
  expect(partsOf("https://a.example", both)).toMatchObject({
    value: { routes: [{ origin: "http://secure-proxy.example.com:3128" }] },
  });
});

test("an IPv6 address gets its brackets", () => {
  expect(partsOf("https://a.example", settings.replace("secure-proxy.example.com", "2001:db8::1"))).toMatchObject({
    value: { routes: [{ origin: "http://[2001:db8::1]:3128" }] },
  });
});

test("settings of single adapters are ignored", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[\w.*/ ]{0,20}$/)), (exceptions) => {
      const scoped = exceptions.map((entry, at) => `        ${at} : ${entry}`).join("\n");
      const { values, exceptions: own } = parseNetworkSettings(settings.replace("        0 : *.example.org", scoped));
      expect(own).toEqual(["*.local", "169.254/16", "intranet.example.com"]);
      expect(values.get("HTTPSEnable")).toBe("1");
    }),
  );
});
