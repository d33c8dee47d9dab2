import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { proxyLogin } from "../../../agent/network/proxy/address.ts";
import { chooseProxy, type ProxySources } from "../../../agent/network/proxy/choice.ts";
import { ignoredInVariables } from "../../../agent/network/proxy/variables.ts";
import { absent, failed, found } from "../../../agent/reading.ts";
import { logOnMeans } from "../../fakes/log-on.ts";

const gears = new URL("https://gears.opswat.com/x");
const HTTPS_PROXY = "http://proxy.example.com:3128";

/** With nothing in the system's setting and no log-on, unless given. */
async function choose(
  setting: string,
  url: URL,
  environment: Record<string, string>,
  more: Partial<ProxySources> = {},
) {
  const systemProxy = async () => absent("/etc/environment", "has none");
  const none = { byScript: async () => [], login: () => undefined, logOn: logOnMeans() };
  const choice = await chooseProxy(url, { setting, environment, systemProxy, ...none, ...more });
  const [route] = choice.routes;
  return { ...choice, proxy: route === "direct" ? undefined : route };
}

test("none connects directly, regardless of the environment", async () => {
  expect((await choose("none", gears, { HTTPS_PROXY })).proxy).toBeUndefined();
});

test("an address is used, regardless of NO_PROXY", async () => {
  const { proxy, reason } = await choose("http://p.example.com:8080/", gears, { HTTPS_PROXY, NO_PROXY: "*" });
  expect(proxy).toEqual({ origin: "http://p.example.com:8080", login: undefined, discovered: false });
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
    ["ALL_PROXY", "https://gears.opswat.com", { ALL_PROXY: "socks5://proxy:1081" }, "socks5://proxy:1081"],
    ["all_proxy, names resolved there", "http://10.0.0.1", { all_proxy: "socks5h://proxy" }, "socks5://proxy"],
    ["all_proxy as GNOME and KDE write it", "https://a.b", { all_proxy: "socks://proxy:1080/" }, "socks5://proxy"],
    ["HTTPS_PROXY before ALL_PROXY", "https://gears.opswat.com", { HTTPS_PROXY, ALL_PROXY: "socks5://p" }, HTTPS_PROXY],
    ["NO_PROXY beside ALL_PROXY", "https://gears.opswat.com", { ALL_PROXY: "socks5://p", NO_PROXY: "*" }, undefined],
    ["a port that is another scheme's own", "https://a.b", { HTTPS_PROXY: "https://proxy:80" }, "https://proxy:80"],
    ["IPv6", "https://a.b", { HTTPS_PROXY: "socks5://[2001:db8::1]:1080" }, "socks5://[2001:db8::1]"],
    ["this machine, by name", "https://localhost:8443", { HTTPS_PROXY }, undefined],
    ["this machine, by IPv4", "https://127.8.9.1", { HTTPS_PROXY }, undefined],
    ["this machine, by IPv6", "https://[::1]:8443", { HTTPS_PROXY }, undefined],
  ])("%s", async (_, url, environment, origin) => {
    expect((await choose("auto", new URL(url), environment)).proxy?.origin).toBe(origin);
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
  ])("NO_PROXY %s and %s", async (NO_PROXY, url, direct) => {
    const { proxy, reason } = await choose("auto", new URL(url), { HTTPS_PROXY, NO_PROXY });
    expect(proxy === undefined).toBe(direct);
    expect(reason).toMatch(direct ? /^NO_PROXY has / : /^HTTPS_PROXY$/);
  });

  test.each([
    ["http://u:p@proxy:3128", "u:p"],
    ["http://u@proxy:3128", "u:"],
    ["http://CORP%5Cu:p%40ss@proxy:3128", "CORP\\u:p@ss"],
  ])("takes user name and password from %s, and shows neither", async (value, pair) => {
    const { proxy } = await choose("auto", gears, { HTTPS_PROXY: value });
    expect(proxy?.login?.pair.reveal()).toBe(pair);
    expect(JSON.stringify(proxy)).toBe(
      '{"origin":"http://proxy:3128","login":{"pair":"REDACTED","origin":"HTTPS_PROXY"},"discovered":false}',
    );
  });

  test.each(["socks4://u:pass@proxy:1080", "http://", "::::", "ftp://proxy"])(
    "refuses %s without showing it",
    async (value) => {
      const chosen = choose("auto", gears, { HTTPS_PROXY: value });
      await expect(chosen).rejects.toMatchObject({ code: "setting-invalid" });
      await expect(chosen).rejects.not.toThrow("pass");
    },
  );

  test.each([
    ["http://u:planted%@proxy:3128", /% in its user name or password.*%25 for %/],
    ["http://u:planted%zz@proxy:3128", /% in its user name or password/],
    ["http://u:plan/ted@proxy:3128", /a character in its user name or password that must be percent-encoded/],
    ["http://u:12/planted@proxy:3128", /a character in its user name or password/],
    ["http://u:plan?ted@proxy:3128", /a character in its user name/],
    ["http://u:plan#ted@proxy:3128", /a character in its user name/],
    ["http://CORP\\u:planted@proxy:3128", /%5C for/],
    ["CORP\\u:planted@proxy:3128", /%5C for/],
    ["http://u:planted%ff@proxy:3128", /not UTF-8/],
    ["http://u%3Ax:planted@proxy:3128", /colon in its user name/],
    ["http://u:planted@", /not the address of/],
    ["http://u:planted@proxy:3128/path", /not the address of/],
    ["http://u:planted@pro xy:3128", /not the address of/],
    ["http://u:planted@proxy:99999", /not the address of/],
    ["http://u:planted@proxy:0", /not the address of/],
  ])("refuses %s with words, and shows nothing of it", async (value, said) => {
    const chosen = choose("auto", gears, { HTTPS_PROXY: value });
    await expect(chosen).rejects.toMatchObject({ code: "setting-invalid" });
    await expect(chosen).rejects.toThrow(said);
    await expect(chosen).rejects.not.toThrow(/plan|ted@|CORP|u:/);
  });

  test("takes a password with @ in it as curl does, to the last one", async () => {
    const { proxy } = await choose("auto", gears, { HTTPS_PROXY: "http://u:p@ss@proxy:3128" });
    expect(proxy).toMatchObject({ origin: "http://proxy:3128" });
    expect(proxy?.login?.pair.reveal()).toBe("u:p@ss");
  });

  test.each<[Record<string, string>, RegExp[]]>([
    [{ HTTPS_PROXY, ftp_proxy: "http://p" }, []],
    [{ HTTPS_PROXY, NO_PROXY: "10.77.0.*,localhost" }, [/NO_PROXY has 10\.77\.0\.\*, which matches nothing/]],
    [{ HTTPS_PROXY, no_proxy: "a.test;b.test" }, [/NO_PROXY has a\.test;b\.test/]],
    [{ HTTPS_PROXY, NO_PROXY: "*.opswat.com,10.0.0.0/8,.test,[::1]:443" }, []],
    ...[
      "10.77.",
      "10/8",
      "10.77.0.0/255.255.0.0",
      "10.77.0.0/16:443",
      "*opswat.com",
      "10.0.0.1-10.0.0.9",
      "büro.test",
    ].map((entry): [Record<string, string>, RegExp[]] => [
      { HTTPS_PROXY, NO_PROXY: entry },
      [/^NO_PROXY has .*matches nothing/],
    ]),
    [{ HTTPS_PROXY, NO_PROXY: "LOCALHOST,a_b.test,*,10.1.2.3:443,2001:db8::7,.example.com:8443,fd00::/8,host." }, []],
    [{ SOCKS_PROXY: "p:1080" }, [/^SOCKS_PROXY is not obeyed.*ALL_PROXY/]],
    [{ HTTP_PROXY: "http://p" }, [/^HTTP_PROXY applies only to http:/]],
  ])("names what is ignored of %o", (variables, said) => {
    const ignored = ignoredInVariables(variables, gears);
    expect(ignored).toHaveLength(said.length);
    for (const [at, pattern] of said.entries()) expect(ignored[at]).toMatch(pattern);
  });

  test("no NO_PROXY breaks it, and one without the host changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (NO_PROXY) => {
        const { proxy } = await choose("auto", gears, { HTTPS_PROXY, NO_PROXY });
        const mayMatch = NO_PROXY.includes("*") || /com/i.test(NO_PROXY);
        expect(mayMatch || proxy?.origin === HTTPS_PROXY).toBe(true);
      }),
    );
  });

  test("an IPv4 address is in its own network of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.ipV4(), fc.integer({ min: 0, max: 32 }), async (address, bits) => {
        fc.pre(!address.startsWith("127."));
        const choice = await choose("auto", new URL(`https://${address}`), {
          HTTPS_PROXY,
          NO_PROXY: `${address}/${bits}`,
        });
        expect(choice.proxy).toBeUndefined();
      }),
    );
  });
});

describe("a PAC script of the settings", () => {
  const direct = { routes: async () => ["direct" as const], reason: "PAC script wpad.test (the setting pacUrl)" };

  test("is asked before the environment, and not beside another proxy or for this machine", async () => {
    expect(await choose("auto", gears, { HTTPS_PROXY }, { pac: direct })).toMatchObject({
      routes: ["direct"],
      reason: direct.reason,
    });
    const never = { ...direct, routes: () => Promise.reject(new Error("must not be asked")) };
    expect((await choose("http://p:1", gears, {}, { pac: never })).proxy?.origin).toBe("http://p:1");
    expect((await choose("auto", new URL("https://localhost"), {}, { pac: never })).routes).toEqual(["direct"]);
  });

  test("that can't be used leads to a direct connection, and is reported", async () => {
    const broken = { ...direct, routes: () => Promise.reject(new AgentError("settings-unreadable", "It never ends.")) };
    expect(await choose("auto", gears, { HTTPS_PROXY }, { pac: broken })).toMatchObject({
      routes: ["direct"],
      problem: "It never ends.",
    });
  });
});

describe("the system's setting", () => {
  const named = { origin: "http://system:8080", login: undefined, discovered: false };
  const system = (...routes: (typeof named | "direct")[]) => ({
    systemProxy: async () => found({ routes }, "netsh winhttp"),
  });

  test("is used if the environment names none", async () => {
    const { routes, reason } = await choose("auto", gears, {}, system(named, "direct"));
    expect({ routes, reason }).toEqual({ routes: [named, "direct"], reason: "netsh winhttp" });
    expect((await choose("auto", gears, { HTTPS_PROXY }, system(named))).proxy?.origin).toBe(HTTPS_PROXY);
  });

  test("may be a script, of whose address only the host is shown", async () => {
    const systemProxy = async () => found({ script: "http://wpad.test/proxy.pac?planted" }, "scutil");
    const asked: string[] = [];
    const byScript = async (script: string) => [named, "direct" as const].slice(asked.push(script) - 1);
    const choice = await choose("auto", gears, {}, { systemProxy, byScript });
    expect(choice).toMatchObject({ routes: [named, "direct"], reason: "PAC script wpad.test" });
    expect(asked).toEqual(["http://wpad.test/proxy.pac?planted"]);
  });

  test("that is a script without a result, or one that fails, leads to a direct connection, and is reported", async () => {
    const systemProxy = async () => found({ script: "http://wpad.test/proxy.pac" }, "scutil");
    expect(await choose("auto", gears, {}, { systemProxy })).toMatchObject({
      routes: ["direct"],
      problem: expect.stringContaining("SOCKS"),
    });
    const byScript = () => Promise.reject(new AgentError("settings-unreadable", "It never ends."));
    expect(await choose("auto", gears, {}, { systemProxy, byScript })).toMatchObject({
      routes: ["direct"],
      reason: "PAC script wpad.test could not be asked",
      problem: "It never ends.",
    });
  });

  test("is not asked for this machine itself, nor where a setting decides", async () => {
    const systemProxy = () => Promise.reject(new Error("must not be asked"));
    expect((await choose("auto", new URL("https://localhost:1"), {}, { systemProxy })).proxy).toBeUndefined();
    expect((await choose("none", gears, {}, { systemProxy })).proxy).toBeUndefined();
  });

  test("that names none is reported as the reason", async () => {
    expect((await choose("auto", gears, {})).reason).toBe("HTTPS_PROXY is not set; /etc/environment: has none");
  });

  test("that can't be read leads to a direct connection, and is reported", async () => {
    const error = new AgentError("not-connected", "The PAC script can't be fetched.");
    const choice = await choose("auto", gears, {}, { systemProxy: async () => failed("PAC", error) });
    expect(choice).toMatchObject({ routes: ["direct"], problem: error.message });
  });
});

describe("the log-on", () => {
  const login = () => proxyLogin("x", "y", "test");
  const authorizations = async (setting: string, environment: Record<string, string>, more: Partial<ProxySources>) =>
    (await choose(setting, gears, environment, { login, ...more })).routes.map((route) =>
      route === "direct" ? route : route.login?.pair.reveal(),
    );

  test.each<[string, string, Record<string, string>]>([
    ["the setting's", "http://p:1/", {}],
    ["the environment's", "auto", { HTTPS_PROXY }],
  ])("is for %s proxy", async (_, setting, environment) => {
    expect(await authorizations(setting, environment, {})).toEqual(["x:y"]);
  });

  test("is not sent to a proxy whose URL has its own", async () => {
    expect(await authorizations("auto", { HTTPS_PROXY: "http://u:p@proxy" }, {})).toEqual(["u:p"]);
  });

  test("is not sent to a proxy that only the network names", async () => {
    const proxy = { origin: "http://wpad:8080", login: undefined };
    const routes = [{ ...proxy, discovered: true }, { ...proxy, discovered: false }, "direct"] as const;
    expect(await authorizations("auto", {}, { systemProxy: async () => found({ routes }, "WPAD") })).toEqual([
      undefined,
      "x:y",
      "direct",
    ]);
  });

  test.each(["http://p:8080", "socks5://p:1080", "auto"])(
    "is neither looked for nor sent where proxyAuth forbids it: %s",
    async (setting) => {
      const unreadable = () => {
        throw new Error("must not be asked");
      };
      const environment = { HTTPS_PROXY: "http://u:p@proxy:3128" };
      for (const mode of ["negotiate", "ntlm", "none"] as const) {
        const sources = { login: unreadable, logOn: logOnMeans({ mode }) };
        const { routes } = await choose(setting, gears, environment, sources);
        expect(routes).toMatchObject([{ login: undefined }]);
      }
    },
  );

  test("is not looked for where no proxy is used", async () => {
    const unreadable = () => {
      throw new Error("must not be asked");
    };
    expect(await choose("none", gears, {}, { login: unreadable })).toMatchObject({ routes: ["direct"] });
  });
});
