import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseProxy } from "../../../agent/network/proxy/choice.ts";
import { found } from "../../../agent/reading.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { proxySourcesOf } from "../../../agent/wiring/network/proxy-sources.ts";
import type { Runtime } from "../../../agent/wiring/runtime.ts";
import { startGears } from "../../fakes/gears.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { setUpEndpoint } from "../support/agent.ts";
import { createTestCa } from "../support/certificates.ts";
import { answering, connectProxy, listen, reply } from "../support/loopback.ts";

/** The route of a PAC script, from its address to the proxies, with a server on loopback and a separate thread. */

const gears = new URL("https://gears.opswat.com/o/oauth/token");

async function choose(answer: string) {
  await using server = await listen(answering(answer));
  const platform = {
    ...fakePlatform({}),
    systemProxy: async () => found({ script: `http://${server.host}/proxy.pac` }, "test"),
  };
  const runtime = { platform, environment: {}, interrupted: new AbortController().signal };
  // The parts of a run that the choice of a proxy needs.
  const choice = await chooseProxy(gears, proxySourcesOf(runtime as unknown as Runtime, resolveSettings([])));
  return {
    ...choice,
    routes: choice.routes.map((route) => (route === "direct" ? route : route.origin)),
    host: server.host,
  };
}

test("a script is fetched and run, and its proxies are the routes", async () => {
  const pac = `function FindProxyForURL(url, host) {
    if (!isResolvable("localhost")) return "DIRECT";
    return shExpMatch(host, "*.opswat.com") ? "PROXY first:8080; HTTPS second:8443; SOCKS s:1080; SOCKS5 s:1081; DIRECT" : "DIRECT";
  }`;
  const { host, ...choice } = await choose(reply("200 OK", pac));
  expect(choice).toMatchObject({
    routes: ["http://first:8080", "https://second:8443", "socks5://s:1081", "direct"],
    reason: `PAC script ${host}`,
  });
});

test("a script of 300 kB, with a list of hosts, is run", async () => {
  const hosts = Array.from({ length: 10_000 }, (_, number) => `"host${number}.example.com"`);
  const pac = `var hosts = [${hosts}]; function FindProxyForURL(url, host) { return "PROXY p" + hosts.length + ":80"; }`;
  expect(await choose(reply("200 OK", pac))).toMatchObject({ routes: ["http://p10000"] });
});

test.each([
  ["is too large", reply("200 OK", " ".repeat(600_000)), /sent more than 512 KiB\. /],
  ["redirects", reply("302 Found", "", "Location: http://192.0.2.1/"), /answers with status 302/],
  ["is a web page", reply("200 OK", "<!DOCTYPE html>"), /it fails \(SyntaxError\)/],
  [
    "breaks off",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
    /in time|within|broke the connection/,
  ],
])("one that %s leads to a direct connection, and is reported", async (_, answer, problem) => {
  const choice = await choose(answer);
  expect(choice.routes).toEqual(["direct"]);
  expect(choice.problem).toMatch(problem);
});

test.each([
  ["builds a text without end", 'Array(2**31).join("")'],
  ["never ends in a pattern", '/^(a|a)*$/.exec("a".repeat(60) + "b")'],
  ["loops", "(function () { for (;;); })()"],
])("a script that %s is ended from outside, and said to be", async (_, code) => {
  const choice = await choose(reply("200 OK", `function FindProxyForURL() { ${code}; return "PROXY p:1"; }`));
  expect(choice).toMatchObject({ routes: ["direct"], problem: expect.stringMatching(/does not end within [12] s/) });
});

test.each<[string, boolean]>([
  ["http", false],
  ["https", true],
])("whether a proxy that a script from %s: names gets the credential file's log-on: %s", async (scheme, gets) => {
  const challenge = '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"';
  await using proxy = await connectProxy({ refuse: challenge });
  using ca = createTestCa();
  const script = reply("200 OK", `function FindProxyForURL() { return "PROXY ${proxy.host}"; }`);
  await using server = await listen(answering(script), scheme === "https" ? ca.issue("IP:127.0.0.1") : undefined);
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears, {
    proxy: "auto",
    baseUrl: "https://gears.test",
    pacUrl: `${scheme}://${server.host}/proxy.pac`,
    caFile: ca.file,
    credentialFile: join(ca.file, "..", "credential.json"),
  });
  const credential = { accessToken: "t0ken", proxyUsername: "agent", proxyPassword: "planted-password" };
  writeFileSync(join(ca.file, "..", "credential.json"), JSON.stringify(credential), { mode: 0o600 });
  const { stdout } = await endpoint.run(["doctor", "--json", ...endpoint.flags], { environment: {} });
  expect(stdout).toMatch(gets ? /password from the credential file/ : /PAC script over http:.*setting proxy/);
  expect(/proxy-authorization/i.test(proxy.received)).toBe(gets);
});

test("the program runs the script of pacFile in every build, and uses its route", async () => {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears, { proxy: "auto" });
  const script = join(endpoint.directory, "proxy.pac");
  writeFileSync(
    script,
    'function FindProxyForURL(url, host) { return isInNetEx("10.1.2.3", "10.0.0.0/8") ? "SOCKS5 p:1081" : ""; }',
  );
  endpoint.configure({ pacFile: script, baseUrl: "https://gears.test" });
  const { stdout } = await endpoint.run(["doctor", "--json", ...endpoint.flags]);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; detail: string }[] };
  expect(checks.find(({ name }) => name === "proxy")?.detail).toBe(
    `socks5://p:1081: PAC script ${script} (the setting pacFile)`,
  );
});
