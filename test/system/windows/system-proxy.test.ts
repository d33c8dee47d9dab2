import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answering, listen, reply } from "../support/loopback.ts";
import { type CallNative, installNative } from "./windows-agent.ts";
import { sharedFolder, startWineMachine, type WineMachine } from "./wine-machine.ts";

/** Proxies in Windows' registry, read through WinHTTP, which evaluates PAC scripts even under Wine. */

const settings = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";
const policy = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";
/** The values' first bytes, and their flags. */
const kept = { machine: 0x18, user: 0x46, direct: 1, proxy: 2, script: 4, detect: 8 } as const;

let machine: WineMachine;
let native: CallNative;

beforeAll(async () => {
  machine = await startWineMachine();
  native = installNative(machine);
});
afterAll(async () => await machine?.[Symbol.asyncDispose]());

/** The machine's settings, this account's, and whether policy makes these count in a run with rights. */
beforeEach(async () => {
  await keep("HKLM", "WinHttpSettings", kept.machine, kept.direct, "", "");
  await keep("HKCU", "DefaultConnectionSettings", kept.user, kept.direct, "", "", "");
  await machine.run("reg", ["add", policy, "/v", "ProxySettingsPerUser", "/t", "REG_DWORD", "/d", "0", "/f"]);
});

async function keep(root: string, name: string, begin: number, flags: number, ...texts: string[]): Promise<void> {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(begin, 0);
  numbers.writeUInt32LE(flags, 8);
  const counted = texts.map((text) => Buffer.from(`${String.fromCharCode(text.length)}\0\0\0${text}`, "latin1"));
  const data = Buffer.concat([numbers, ...counted]).toString("hex");
  const key = `${root}\\${settings}\\Connections`;
  await machine.run("reg", ["add", key, "/v", name, "/t", "REG_BINARY", "/d", data, "/f"]);
}

const setUser = (flags: number, ...texts: string[]) =>
  keep("HKCU", "DefaultConnectionSettings", kept.user, kept.direct | flags, ...texts);

async function read(url = "https://gears.opswat.com") {
  const { printed } = await native(["system-proxy", url]);
  return printed as { kind: string; origin: string; value?: { routes: unknown }; error?: { message: string } };
}

const proxy = (origin: string, discovered = false) => ({ origin, discovered });

test("nothing set", async () => {
  expect(await read()).toMatchObject({ kind: "absent", origin: "Windows' proxy settings" });
});

describe("netsh winhttp", () => {
  beforeEach(() =>
    keep("HKLM", "WinHttpSettings", kept.machine, kept.direct | kept.proxy, "winhttp:3128", "*.corp.test"),
  );

  test("counts before this account's settings", async () => {
    await setUser(kept.proxy, "user:8080", "", "");
    expect(await read()).toMatchObject({ origin: "netsh winhttp", value: { routes: [proxy("http://winhttp:3128")] } });
  });

  test("and its exceptions", async () => {
    expect(await read("https://gateway.corp.test")).toMatchObject({ value: { routes: ["direct"] } });
  });
});

describe("this account's", () => {
  test("proxy, with its exceptions", async () => {
    await setUser(kept.proxy, "http=a:1;https=user:8080", "<local>", "");
    expect(await read()).toMatchObject({
      origin: "Windows' proxy settings",
      value: { routes: [proxy("http://user:8080")] },
    });
    expect(await read("https://gateway")).toMatchObject({ value: { routes: ["direct"] } });
  });

  test("settings do not count in a run with rights, unless policy makes them the machine's", async () => {
    await setUser(kept.proxy, "user:8080", "", "");
    await machine.run("reg", ["delete", policy, "/f"]);
    expect(await read()).toMatchObject({ kind: "absent", origin: "netsh winhttp" });
  });

  test("PAC script, fetched and evaluated by Windows", async () => {
    const pac = `function FindProxyForURL(url, host) {
      return shExpMatch(host, "*.opswat.com") ? "PROXY first:8080; PROXY second:8080" : "DIRECT";
    }`;
    const headers = "Content-Type: application/x-ns-proxy-autoconfig";
    await using server = await listen(answering(reply("200 OK", pac, headers)));
    await machine.forward(server.port);
    await setUser(kept.script, "", "", `http://127.0.0.1:${server.port}/proxy.pac`);
    // The first evaluation starts a process of Wine's that stays, and would hold the pipes of who started it.
    const silent = 'exec wine "$@" </dev/null >/dev/null 2>&1';
    const program = `${sharedFolder}\\test\\system\\windows\\in-windows\\native.ts`;
    const words = ["--disable-warning=ExperimentalWarning", program, "system-proxy", "https://example.com"];
    await machine.runLinux(["sh", "-c", silent, "sh", `${sharedFolder}\\node.exe`, ...words]);
    expect(await read()).toMatchObject({
      kind: "found",
      origin: `PAC script 127.0.0.1:${server.port}`,
      // Wine returns only the first one. Anybody on the network can replace a script that comes over http:.
      value: { routes: [{ ...proxy("http://first:8080"), discovered: true }, "direct"] },
    });
    expect(await read("https://example.com")).toMatchObject({ value: { routes: ["direct"] } });
    expect(server.received).toMatch(/^GET \/proxy\.pac HTTP/);
  });

  test("PAC script that can't be fetched is reported", async () => {
    await setUser(kept.script, "", "", "http://127.0.0.1:9/proxy.pac");
    expect(await read()).toMatchObject({
      kind: "failed",
      error: { message: expect.stringMatching(/^The PAC script 127\.0\.0\.1:9 can't be used: WinHttpGetProxyForUrl/) },
    });
  });

  test("wish to ask the network, which has no answer here", async () => {
    await setUser(kept.detect, "", "", "");
    expect(await read()).toMatchObject({ kind: "absent", origin: "WPAD" });
  });
});
