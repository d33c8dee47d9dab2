import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { minute } from "../../../agent/duration.ts";
import type { AgentError } from "../../../agent/errors.ts";
import { proxyLogin } from "../../../agent/network/proxy/address.ts";
import type { LogOnMeans } from "../../../agent/network/proxy/log-on.ts";
import { createSender } from "../../../agent/network/send.ts";
import { TimeLimitReached } from "../../../agent/network/time-limit.ts";
import { Secret } from "../../../agent/secret.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { logOnMeans, proxySources } from "../../fakes/log-on.ts";
import { type Endpoint, oneAttempt, setUpEndpoint } from "../support/agent.ts";
import { answering, connectProxy, type Loopback, listen, reply, socksProxy } from "../support/loopback.ts";
import { passOn } from "../support/pass-on.ts";

/** The office's proxy on a laptop at home, and connections that fail behind a proxy: both are named, with the stage. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears();
  endpoint = setUpEndpoint(gears, { ...oneAttempt, requestTimeout: "3s", baseUrl: "https://gears.test" });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

const silent = () => listen(() => {});

async function behind(open: (port: number) => Promise<Loopback>): Promise<Loopback & { readonly end: Loopback }> {
  const end = await silent();
  const proxy = await open(end.port);
  const both = Object.create(proxy);
  both.end = end;
  both[Symbol.asyncDispose] = async () => {
    await proxy[Symbol.asyncDispose]();
    await end[Symbol.asyncDispose]();
  };
  return both;
}

test.each<[string, string, () => Promise<Loopback>, RegExp]>([
  [
    "is silent",
    "http",
    silent,
    /The proxy \S+ accepted the connection, but did not open a tunnel to gears\.test:443 within/,
  ],
  [
    "is silent",
    "socks5",
    silent,
    /The proxy \S+ accepted the connection, but did not open a tunnel to gears\.test:443 within/,
  ],
  [
    "is silent in TLS",
    "https",
    silent,
    /The proxy \S+ accepted the connection, but did not complete the TLS handshake/,
  ],
  [
    "leads to what is silent",
    "http",
    () => behind((port) => connectProxy({ port })),
    /gears\.test \(through the proxy \S+\) accepted the connection, but did not complete the TLS handshake/,
  ],
  [
    "leads to what is silent",
    "socks5",
    () => behind((port) => socksProxy([Buffer.from([5, 0]), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])], port)),
    /gears\.test \(through the proxy \S+\) accepted the connection, but did not complete the TLS handshake/,
  ],
])("69: a proxy that %s (%s) is named, with the stage and the next step", async (_, scheme, open, said) => {
  await using proxy = await open();
  endpoint.configure({ proxy: `${scheme}://${proxy.host}` });
  const { exitCode, document } = await endpoint.link();
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "not-connected" } });
  expect(document.message).toMatch(said);
  expect(document.message).toContain(proxy.host);
  expect(document.message).toContain("linkuser-agent doctor --proxy none");
  expect(exitCode).toBe(69);
});

test("doctor's next step is a way without the proxy", async () => {
  await using proxy = await silent();
  endpoint.configure({ proxy: `http://${proxy.host}` });
  const { stdout } = await endpoint.run(["doctor", "--json", ...endpoint.flags]);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; advice?: string }[] };
  expect(checks.find(({ name }) => name === "connection")?.advice).toBe("linkuser-agent doctor --proxy none");
});

async function sendThrough(proxy: Loopback, logOn: LogOnMeans, target: number, signal: AbortSignal): Promise<void> {
  const sender = createSender({
    requestTimeout: 60_000,
    caFile: undefined,
    proxy: proxySources({
      setting: `http://${proxy.host}`,
      login: () => proxyLogin("u", "p", "the credential file"),
      logOn,
    }),
  });
  const request = { method: "GET", target: new Secret("/"), headers: {}, body: undefined } as const;
  await sender.send({ ...request, origin: `http://127.0.0.1:${target}` }, signal).finally(() => sender.close());
}

/** A directory locks an account after a few wrong passwords; but a proxy may also be silent because its network is slow. */
describe("a proxy that is silent after it got a password", () => {
  const basic = "proxy-authorization: Basic";
  const rfc1929 = "\x01\x01u\x01p";
  const wantsPassword = (socket: Socket): void => {
    socket.once("data", () => socket.write(Uint8Array.from([5, 2])));
  };

  test.each([
    ["http", basic, silent],
    ["socks5", rfc1929, () => listen(wantsPassword)],
  ])("%s: gets it at most twice in a run", async (scheme, password, open) => {
    await using proxy = await open();
    const credentialFile = join(endpoint.directory, "proxy.json");
    const { clientId, clientSecret } = gears;
    const credential = JSON.stringify({ clientId, clientSecret, proxyUsername: "u", proxyPassword: "p" });
    writeFileSync(credentialFile, credential, { mode: 0o600 });
    const quick = { requestTimeout: "1s", deadline: "8s", retryInitialDelay: "10ms" };
    endpoint.configure({ proxy: `${scheme}://${proxy.host}`, credentialFile, ...quick });
    const { exitCode, document } = await endpoint.link();
    expect([exitCode, document.error?.code]).toEqual([69, "not-connected"]);
    const count = proxy.received.split(password).length - 1;
    expect([1, 2]).toContain(count);
  });

  test("gets it once more after a quarter of an hour, and as before after it has answered", async () => {
    let now = 0;
    let said = "";
    let answers = false;
    let over = new AbortController();
    await using server = await listen(answering(reply("200 OK", "{}")));
    await using proxy = await listen((socket) => {
      socket.once("data", () => {
        if (!answers) over.abort(new TimeLimitReached(30_000));
        else
          passOn(
            socket,
            connect(server.port, "127.0.0.1", () => void socket.write("HTTP/1.1 200 OK\r\n\r\n")),
          );
      });
    });
    const logOn = logOnMeans({ now: () => now });
    /** @returns how often the proxy got the password */
    const send = async (): Promise<number> => {
      const before = proxy.connections;
      over = new AbortController();
      await sendThrough(proxy, logOn, server.port, over.signal).catch((thrown: AgentError) => {
        expect(thrown.code).toBe("not-connected");
        said = thrown.message;
      });
      return proxy.connections - before;
    };
    expect([await send(), await send(), await send()]).toEqual([1, 1, 0]);
    expect(said).toMatch(
      /did not answer in time after it got the user name and password from the credential file, twice/,
    );
    now += 14 * minute;
    expect(await send()).toBe(0);
    now += minute;
    expect([await send(), await send()]).toEqual([1, 0]);
    now += 15 * minute;
    answers = true;
    expect(await send()).toBe(1);
    answers = false;
    expect([await send(), await send(), await send()]).toEqual([1, 1, 0]);
  });
});
