import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { createTestCa } from "../support/certificates.ts";
import { listen, reply } from "../support/loopback.ts";
import { type CallNative, installAgent, installNative } from "./windows-agent.ts";
import { sharedFolder, startWineMachine, type WineMachine } from "./wine-machine.ts";

/**
 * The built executable behind squid, which requires a log-on by Windows' own account: SSPI of Wine's, with a ticket of
 * a real Kerberos realm, and with Samba's NTLM. See `realm.sh`.
 */

const home = "C:\\ProgramData\\LinkUserAgent";
const password = "planted-ntlm-password";
const proxies = { Negotiate: 3128, NTLM: 3129 } as const;
/** Wine's Kerberos and NTLM are the Linux system's. */
const system = { KRB5_CONFIG: "/mnt/realm/krb5.conf", PATH: "/mnt/bin:/usr/bin:/bin" } as const;
const withTicket = { ...system, KRB5CCNAME: "FILE:/mnt/realm/tickets" } as const;
const withoutTicket = { ...system, KRB5CCNAME: "FILE:/mnt/realm/none" } as const;

let machine: WineMachine;
let agent: string;
let native: CallNative;
let gears: Gears;

beforeAll(async () => {
  machine = await startWineMachine();
  agent = installAgent(machine);
  native = installNative(machine);
  copyFileSync(join(import.meta.dirname, "realm.sh"), join(machine.folder, "realm.sh"));
  expect(await machine.runLinux(["sh", "/mnt/realm.sh", password])).toMatchObject({ exitCode: 0 });
  const ticket = ["kinit", "-k", "-t", "/mnt/realm/alice.keytab", "alice"];
  expect(await machine.runLinux(ticket, { environment: withTicket })).toMatchObject({ exitCode: 0 });
});
afterAll(async () => await machine?.[Symbol.asyncDispose]());

beforeEach(async () => {
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
  await machine.forward(gears.port);
  await machine.run("cmd", ["/c", "rmdir", "/s", "/q", home]);
  await native(["protect-folder", home]);
  const credential = { clientId: gears.clientId, clientSecret: gears.clientSecret };
  await native(["protect", `${home}\\credential.json`, JSON.stringify(credential)]);
  for (const port of Object.values(proxies)) writeFileSync(accessLog(port), "");
});
afterEach(async () => await gears.close());

const accessLog = (port: number): string => join(machine.folder, "realm", String(port), "access.log");

/** A log-on in a line of the log, if one was sent: status, user, scheme and kind of token. */
function readLogOn(line: string): readonly string[] {
  const [status, user, sent = "-"] = line.split(" ");
  if (sent === "-") return [];
  const [scheme, token = ""] = decodeURIComponent(sent).split(" ");
  const bytes = Buffer.from(token, "base64");
  const kind = bytes.includes("NTLMSSP\0") ? `message ${bytes[8]}` : bytes[0] === 0x60 ? "ticket" : "unknown";
  return [`${status} ${user} ${scheme} ${kind}`];
}

/** Runs `link` with these settings. */
async function run(settings: Readonly<Record<string, unknown>>, environment: Readonly<Record<string, string>>) {
  // A second attempt would nearly always come after the deadline.
  const once = { deadline: "60s", retryInitialDelay: "1h", retryMaxDelay: "1h", requestTimeout: "30s" };
  writeFileSync(join(machine.folder, "config.json"), JSON.stringify({ ...once, ...settings }));
  await machine.run("cmd", ["/c", "copy", "/y", `${sharedFolder}\\config.json`, `${home}\\config.json`]);
  const { stdout } = await machine.run(agent, ["link", "--json", "--no-splay"], { environment });
  return JSON.parse(stdout) as { outcome: string; message: string };
}

/** Runs `link` and returns its output, with the log-ons in the proxy's log, where the last line may come late. */
async function link(
  port: number,
  settings: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>>,
) {
  const proxy = `http://proxy.corp.test:${port}`;
  const document = await run({ baseUrl: gears.baseUrl, proxy, ...settings }, environment);
  const lines = () => readFileSync(accessLog(port), "utf8").trim().split("\n");
  await expect.poll(lines).toContain("407 - -");
  return { ...document, logOns: () => lines().flatMap(readLogOn) };
}

test("links through a proxy that asks for Negotiate, by a Kerberos ticket of its account", async () => {
  const { outcome, logOns } = await link(proxies.Negotiate, {}, withTicket);
  expect(outcome).toBe("linked");
  await expect.poll(logOns).toEqual(["200 alice@CORP.TEST Negotiate ticket"]);
});

/** The proof of HTTP/proxy.corp.test for a token of alice's, in base64; empty if the token is not good. */
async function prove(token: string): Promise<string> {
  const helper = ["/usr/lib/squid/negotiate_kerberos_auth", "-k", "/mnt/realm/proxy.keytab"];
  const service = ["-s", "HTTP/proxy.corp.test@CORP.TEST"];
  const run = await machine.runLinux([...helper, ...service], { input: `YR ${token}\n`, environment: system });
  return /^OK token=(\S+) user=alice@CORP\.TEST/.exec(run.stdout)?.[1] ?? "";
}

test("a log-on is complete when the peer has proved itself, by Kerberos", async () => {
  await using peer = await listen((socket) => {
    socket.on("data", async (token) => void socket.write(`${await prove(String(token).trim())}\n`));
  });
  await machine.forward(peer.port);
  const logOn = ["log-on", "Negotiate", "proxy.corp.test", String(peer.port)];
  const { printed } = await native(logOn, { environment: withTicket });
  expect(printed).toEqual({ account: "LAPTOP1\\alice", complete: true });
});

test("without a ticket Windows offers NTLM inside Negotiate, which is not sent", async () => {
  const { message, logOns } = await link(proxies.Negotiate, {}, withoutTicket);
  expect(message).toContain("the system got no Kerberos ticket for HTTP/proxy.corp.test and offers NTLM instead");
  expect(logOns()).toEqual([]);
});

test("a ticket that the proxy has no key for is refused once, and names the account", async () => {
  const proxy = `http://other.corp.test:${proxies.Negotiate}`;
  const { message, logOns } = await link(proxies.Negotiate, { proxy }, withTicket);
  expect(message).toMatch(/refuses the account LAPTOP1\\alice by Negotiate .* HTTP\/other\.corp\.test/);
  await expect.poll(logOns).toEqual(["407 - Negotiate ticket"]);
});

test("links by NTLM, two legs on one connection, where proxyAuth allows it", async () => {
  const { outcome, logOns } = await link(proxies.NTLM, { proxyAuth: "ntlm" }, withoutTicket);
  expect(outcome).toBe("linked");
  await expect.poll(logOns).toEqual(["407 - NTLM message 1", "200 CORP\\alice NTLM message 3"]);
});

test("sends no NTLM where proxyAuth does not allow it", async () => {
  const { message, logOns } = await link(proxies.NTLM, {}, withTicket);
  expect(message).toMatch(/wants NTLM .* set proxyAuth to ntlm/);
  expect(logOns()).toEqual([]);
});

test("a password that the proxy refuses by NTLM is sent once", async () => {
  const wrong = { ...withoutTicket, NTLM_PASSWORD: "wrong" };
  const { message, logOns } = await link(proxies.NTLM, { proxyAuth: "ntlm" }, wrong);
  expect(message).toMatch(/refuses the account LAPTOP1\\alice by NTLM/);
  await expect.poll(logOns).toEqual(["407 - NTLM message 1", "407 - NTLM message 3"]);
});

describe("auth = negotiate", () => {
  const done = '{"result":1,"msg":"OK"}';

  /** Runs `link` at a gateway that answers each request by its token of Negotiate. */
  async function linkAtGateway(answerTo: (token: string) => Promise<string>) {
    using ca = createTestCa();
    const sent: string[] = [];
    await using gateway = await listen((socket) => {
      let text = "";
      socket.on("data", async (chunk) => {
        text += chunk.toString("latin1");
        const body = /\r\n\r\n(.*)$/s.exec(text)?.[1] ?? "";
        if (body.length < Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)) return;
        const [, token = ""] = /authorization: Negotiate (\S+)/i.exec(text) ?? [];
        sent.push(body);
        text = "";
        socket.write(await answerTo(token));
      });
    }, ca.issue("DNS:proxy.corp.test"));
    await machine.forward(gateway.port);
    copyFileSync(ca.file, join(machine.folder, "ca.pem"));
    await machine.run("cmd", ["/c", "copy", "/y", `${sharedFolder}\\ca.pem`, `${home}\\ca.pem`]);
    const baseUrl = `https://proxy.corp.test:${gateway.port}`;
    const document = await run({ baseUrl, auth: "negotiate", caFile: `${home}\\ca.pem`, proxy: "none" }, withTicket);
    return { ...document, sent };
  }

  test("links at a gateway, to which the account proves itself and which proves itself", async () => {
    const { outcome, sent } = await linkAtGateway(async (token) =>
      reply("200 OK", done, `WWW-Authenticate: Negotiate ${await prove(token)}`),
    );
    expect(outcome).toBe("linked");
    expect(sent).toEqual([expect.stringContaining('"alice"')]);
  });

  test("does not believe a gateway that proves nothing", async () => {
    const { outcome, message } = await linkAtGateway(async () => reply("200 OK", done));
    expect(outcome).not.toBe("linked");
    expect(message).toContain("did not prove itself");
  });
});
