import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, oneAttempt, setUpEndpoint } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { freePort } from "./daemon.ts";
import { login, type Squid, startSquid } from "./squid.ts";

/**
 * The real program behind a real proxy, which requires a log-on, refuses one host and repeats requests in its pages.
 */

let ca: TestCa;
let squid: Squid;
let gears: Gears;
let endpoint: Endpoint;

beforeAll(async () => {
  ca = createTestCa();
  squid = await startSquid(["gears.test", "denied.test"]);
});
afterAll(async () => {
  await squid?.[Symbol.asyncDispose]();
  ca[Symbol.dispose]();
});

beforeEach(async () => {
  gears = await startGears({ tls: ca.issue("DNS:gears.test,DNS:denied.test") });
  endpoint = setUpEndpoint(gears, {
    baseUrl: `https://gears.test:${gears.port}`,
    caFile: ca.file,
    proxy: squid.origin,
    credentialFile: credentialFile({}),
    ...oneAttempt,
  });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

/** Made again for each test: `{}` is a file without a log-on. */
function credentialFile(fields: Readonly<Record<string, string>>): string {
  const path = join(ca.file, "..", "credential.json");
  const own = { clientId: gears.clientId, clientSecret: gears.clientSecret };
  writeFileSync(path, JSON.stringify({ ...own, ...fields }), { mode: 0o600 });
  return path;
}

/** Without credentials in the environment, so that the file's count. */
async function link(flags: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
  const reported = await endpoint.link(flags, { environment: { HOME: endpoint.directory, ...environment } });
  for (const secret of [login.proxyPassword, btoa(`${login.proxyUsername}:${login.proxyPassword}`)]) {
    expect(reported.stdout + reported.stderr).not.toContain(secret);
  }
  return reported;
}

describe("a proxy with Basic authentication", () => {
  test("0 linked: with the log-on of the credential file; it sees the host and nothing else", async () => {
    credentialFile(login);
    const before = squid.accesses().length;
    const { exitCode, document } = await link();
    expect(document).toMatchObject({ outcome: "linked" });
    expect(exitCode).toBe(0);
    expect([...gears.links.keys()]).toEqual([document.device?.value]);
    await expect
      .poll(() => squid.accesses().slice(before))
      .toMatch(/ TCP_TUNNEL\/200 \d+ CONNECT gears\.test:\d+ CORP/);
    expect(squid.accesses()).not.toMatch(/link_user|access_token/);
  });

  test("0 linked: with the log-on of the environment's proxy", async () => {
    endpoint.configure({ proxy: "auto" });
    const url = new URL(squid.origin);
    url.username = login.proxyUsername;
    url.password = login.proxyPassword;
    const { document } = await link([], { HTTPS_PROXY: url.href });
    expect(document.outcome).toBe("linked");
  });

  test("69 unreachable: without a log-on it says where to put one", async () => {
    const { exitCode, document } = await link();
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "proxy-refused" } });
    expect(document.message).toContain("Put proxyUsername and proxyPassword into the credential file");
    expect(exitCode).toBe(69);
  });

  test("69 unreachable: a log-on that is refused is named, and not shown", async () => {
    credentialFile({ ...login, proxyUsername: "CORP\\other" });
    endpoint.configure({ deadline: "8s", retryInitialDelay: "10ms", retryMaxDelay: "50ms" });
    const before = squid.accesses().length;
    const { exitCode, document } = await link();
    expect(document.message).toMatch(/refuses the user name and password from the credential file .* \(status 407\)/);
    // Squid saw it once, however often the run tried: a directory locks accounts.
    await expect.poll(() => squid.accesses().slice(before)).toContain("/407");
    expect(squid.accesses().slice(before).match(/\/407/g)).toHaveLength(1);
    expect(exitCode).toBe(69);
  });

  test("69 unreachable: a host that the proxy denies, with a page that repeats the request", async () => {
    credentialFile(login);
    const { exitCode, document } = await link(["--base-url", `https://denied.test:${gears.port}`]);
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "proxy-refused" } });
    expect(document.message).toContain("does not allow connections to denied.test");
    expect(exitCode).toBe(69);
    expect(gears.calls).toEqual([]);
  });

  test("69 unreachable: a host that the proxy can't reach", async () => {
    credentialFile(login);
    const { exitCode, document } = await link(["--base-url", `https://gears.test:${await freePort()}`]);
    expect(document.message).toMatch(/can't reach gears\.test:\d+ \(status 503\)/);
    expect(exitCode).toBe(69);
  });

  test("doctor says through which proxy, with a log-on, and why", async () => {
    credentialFile(login);
    const { stdout, exitCode } = await endpoint.run(["doctor", "--json", ...endpoint.flags], {
      environment: { HOME: endpoint.directory },
    });
    expect(stdout).not.toContain("planted");
    const checks = JSON.parse(stdout).checks as { name: string; status: string; detail: string }[];
    const of = (name: string) => checks.find((check) => check.name === name);
    expect(of("proxy")?.detail).toBe(`${squid.origin}, with a user name: the setting proxy`);
    expect(of("tls")?.detail).toContain("issuer Test CA");
    expect(of("token")?.status).toBe("ok");
    expect(exitCode).toBe(0);
  });
});
