import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { type Daemon, freePort, startDaemon } from "./daemon.ts";

/** The real program behind microsocks, a SOCKS5 proxy that wants a log-on. */

const login = { proxyUsername: "agent", proxyPassword: "planted-proxy-password" };

let ca: TestCa;
let port: number;
let proxy: Daemon;
let gears: Gears;
let endpoint: Endpoint;

beforeAll(async () => {
  ca = createTestCa();
  port = await freePort();
  const logOn = ["-u", login.proxyUsername, "-P", login.proxyPassword];
  proxy = await startDaemon(["microsocks", "-i", "127.0.0.1", "-p", String(port), ...logOn], port);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  ca[Symbol.dispose]();
});

beforeEach(async () => {
  gears = await startGears({ tls: ca.issue("DNS:localhost") });
  endpoint = setUpEndpoint(gears, {
    baseUrl: `https://localhost:${gears.port}`,
    caFile: ca.file,
    proxy: `socks5://127.0.0.1:${port}`,
    credentialFile: credentialFile(login),
  });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

function credentialFile(fields: Readonly<Record<string, string>>): string {
  const path = join(ca.file, "..", "credential.json");
  const own = { clientId: gears.clientId, clientSecret: gears.clientSecret };
  writeFileSync(path, JSON.stringify({ ...own, ...fields }), { mode: 0o600 });
  return path;
}

const environment = () => ({ HOME: endpoint.directory });

describe("SOCKS5", () => {
  test("0 linked: with the log-on of the credential file", async () => {
    const { document, exitCode } = await endpoint.link([], { environment: environment() });
    expect(document).toMatchObject({ outcome: "linked", requests: { token: 1, linkUser: 1 } });
    expect(exitCode).toBe(0);
    expect(proxy.output()).toMatch(/localhost:\d+/);
  });

  test("69: a refused log-on is reported, and sent once in a run", async () => {
    credentialFile({ ...login, proxyPassword: "planted-wrong-password" });
    endpoint.configure({ deadline: "8s" });
    const before = proxy.output().length;
    const { document, stdout, stderr } = await endpoint.link([], { environment: environment() });
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "proxy-refused" } });
    expect(document.message).toMatch(/refuses the user name and password from the credential file .*credential\.json/);
    expect(stdout + stderr).not.toContain("planted");
    expect(proxy.output().slice(before)).not.toContain("localhost");
  });

  test("doctor names it", async () => {
    const { stdout, exitCode } = await endpoint.run(["doctor", "--json", ...endpoint.flags], {
      environment: environment(),
    });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; detail: string }[] };
    expect(checks.find(({ name }) => name === "proxy")?.detail).toBe(
      `socks5://127.0.0.1:${port}, with a user name: the setting proxy`,
    );
    expect(exitCode).toBe(0);
  });
});
