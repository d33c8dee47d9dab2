import { describe, expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { WindowsError } from "../../../../agent/platform/windows/native/windows-error.ts";
import {
  type ProxySettingSources,
  proxySources,
  readSystemProxy,
} from "../../../../agent/platform/windows/proxy/system-proxy.ts";

const gears = new URL("https://gears.opswat.com/o/oauth/token");
const script = "http://wpad.example.com/proxy.pac?token=x";
const named = { proxies: "set:8080", bypass: "" };
const nothing = { detect: false, script: "", named: undefined };
/** ERROR_WINHTTP_AUTODETECTION_FAILED and ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT */
const notDetected = new WindowsError("WinHttpGetProxyForUrl", 12_180);
const notFetched = new WindowsError("WinHttpGetProxyForUrl", 12_167);

async function read(sources: Partial<ProxySettingSources>) {
  const reading = await readSystemProxy(gears, {
    machine: () => undefined,
    user: () => undefined,
    userIsTrusted: () => true,
    byScript: () => Promise.reject(new Error("must not be asked")),
    ...sources,
  });
  if (reading.kind !== "found" || "script" in reading.value) return reading;
  const { routes } = reading.value;
  return {
    origin: reading.origin,
    routes: routes.map((route) => (route === "direct" ? route : route.origin)),
    discovered: routes[0],
  };
}

describe("what decides", () => {
  test("the machine's proxies, regardless of this account's", async () => {
    const machine = () => ({ proxies: "machine:3128", bypass: "" });
    expect(await read({ machine, user: () => ({ ...nothing, named, script }) })).toMatchObject({
      origin: "netsh winhttp",
      routes: ["http://machine:3128"],
    });
  });

  test("this account's script, with the direct route last", async () => {
    const byScript = async () => ({ proxies: "a:1;b:2", bypass: "" });
    expect(await read({ user: () => ({ ...nothing, script }), byScript })).toMatchObject({
      origin: "PAC script wpad.example.com",
      routes: ["http://a:1", "http://b:2", "direct"],
    });
  });

  test.each([
    [script, true],
    ["HTTP://wpad.example.com/proxy.pac", true],
    ["https://wpad.example.com/proxy.pac", false],
    ["file:///C:/proxy.pac", false],
  ])("the proxies of %s are marked as what anybody on the network may have named: %s", async (address, discovered) => {
    const byScript = async () => ({ proxies: "a:1", bypass: "" });
    const reading = await read({ user: () => ({ ...nothing, script: address }), byScript });
    expect(reading).toMatchObject({ discovered: { discovered } });
  });

  test("a script that wants no proxy", async () => {
    expect(await read({ user: () => ({ ...nothing, script }), byScript: async () => undefined })).toMatchObject({
      routes: ["direct"],
    });
  });

  test("this account's proxy, without asking the network", async () => {
    expect(await read({ user: () => ({ detect: true, script: "", named }) })).toMatchObject({
      routes: ["http://set:8080"],
    });
  });

  test("last the network's script, whose proxies are marked", async () => {
    const asked: (string | undefined)[] = [];
    const byScript = async (_: string, from: string | undefined) => {
      asked.push(from);
      return { proxies: "wpad:8080", bypass: "" };
    };
    expect(await read({ user: () => ({ ...nothing, detect: true }), byScript })).toMatchObject({
      origin: "WPAD",
      routes: ["http://wpad:8080", "direct"],
      discovered: { discovered: true },
    });
    expect(asked).toEqual([undefined]);
  });

  test("nothing", async () => {
    expect(await read({ user: () => nothing })).toMatchObject({ kind: "absent", reason: "name none" });
    expect(await read({})).toMatchObject({ kind: "absent" });
  });
});

describe("what goes wrong", () => {
  test("a script that can't be fetched fails, and of its address only the host is shown", async () => {
    const reading = await read({ user: () => ({ ...nothing, script }), byScript: () => Promise.reject(notFetched) });
    expect(reading).toMatchObject({ kind: "failed", error: { code: "settings-unreadable" } });
    const { message } = "error" in reading ? reading.error : { message: "" };
    expect(message).toMatch(/^The PAC script wpad\.example\.com can't be used: WinHttpGetProxyForUrl .* 12167\.$/);
  });

  test("a configured proxy beside such a script is used", async () => {
    const user = () => ({ detect: true, script, named });
    expect(await read({ user, byScript: () => Promise.reject(notFetched) })).toMatchObject({
      routes: ["http://set:8080"],
    });
  });

  test.each([notDetected, new AgentError("identity-unreadable", "Windows did not answer within 10 s.")])(
    "a network that names none is no fault: %s",
    async (cause) => {
      const user = () => ({ ...nothing, detect: true });
      expect(await read({ user, byScript: () => Promise.reject(cause) })).toMatchObject({
        kind: "absent",
        origin: "WPAD",
      });
    },
  );

  test("Windows that can't be asked fails", async () => {
    const machine = () => {
      throw new WindowsError("WinHttpGetDefaultProxyConfiguration", 14);
    };
    expect(await read({ machine })).toMatchObject({ kind: "failed", origin: "netsh winhttp" });
  });
});

describe("a person's settings in a run with rights", () => {
  const keyWith = (values: readonly [string, number][]) => () => ({
    subkeys: [],
    values: values.map(([name, value]) => ({ name, type: 4, data: Buffer.from([value, 0, 0, 0]) })),
  });

  test.each<[string, boolean, [string, number][], boolean]>([
    ["count in a run without, or as SYSTEM", true, [], true],
    ["do not count", false, [], false],
    ["count where policy makes them the machine's", false, [["ProxySettingsPerUser", 0]], true],
    ["do not count where policy leaves them to users", false, [["ProxySettingsPerUser", 1]], false],
  ])("%s", async (_, trustsUser, values, trusted) => {
    const { userIsTrusted } = proxySources(trustsUser, keyWith(values));
    expect(userIsTrusted()).toBe(trusted);
    const kind = (await read({ userIsTrusted, user: () => ({ ...nothing, named }) })) as { kind?: string };
    expect(kind.kind).toBe(trusted ? undefined : "absent");
  });
});
