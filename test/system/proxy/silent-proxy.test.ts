import { afterEach, beforeEach, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint } from "../support/agent.ts";
import { connectProxy, type Loopback, listen, socksProxy } from "../support/loopback.ts";

/** The office's proxy on a laptop at home, and connections that fail behind a proxy: both are named, with the stage. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears();
  const short = { requestTimeout: "300ms", deadline: "1s", retryInitialDelay: "400ms" };
  endpoint = setUpEndpoint(gears, { ...short, baseUrl: "https://gears.test" });
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
