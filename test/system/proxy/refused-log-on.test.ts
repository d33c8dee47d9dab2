import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { setUpEndpoint } from "../support/agent.ts";
import { answering, connectProxy, listen, socksProxy } from "../support/loopback.ts";

/** A directory locks an account after a few wrong passwords, and triggers start 96 runs a day. */

const challenge = '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"';

test.each([
  ["http", "a 407", () => connectProxy({ refuse: challenge })],
  ["http", "a closed connection", () => listen(answering((socket) => socket.end()))],
  ["socks5", "a refusal", () => socksProxy([Buffer.from([5, 2]), Buffer.from([1, 1])])],
  ["socks5", "a closed connection", () => socksProxy([Buffer.from([5, 2]), Buffer.from([1])])],
])("%s: after %s triggers do not send the password again, until something changes", async (scheme, _, open) => {
  await using proxy = await open();
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears, { baseUrl: "https://gears.test", proxy: `${scheme}://${proxy.host}` });
  const credentialFile = join(endpoint.directory, "credential.json");
  const writeCredential = (proxyPassword: string): void => {
    rmSync(credentialFile, { force: true });
    const fields = { clientId: gears.clientId, clientSecret: gears.clientSecret, proxyUsername: "agent" };
    writeFileSync(credentialFile, JSON.stringify({ ...fields, proxyPassword }), { mode: 0o600 });
  };
  writeCredential("planted-password");
  endpoint.configure({ credentialFile });
  const trigger = async (flags: readonly string[] = ["--will-repeat"]) => {
    const before = proxy.connections;
    const { exitCode, document } = await endpoint.link(flags, { environment: { HOME: endpoint.directory } });
    expect([exitCode, document.error?.code]).toEqual([69, "proxy-refused"]);
    expect(document.message).toContain("user name and password from the credential file");
    expect(JSON.stringify(document)).not.toContain("planted-password");
    return proxy.connections - before;
  };
  expect(await trigger()).toBe(1);
  for (let count = 0; count < 3; count += 1) expect(await trigger()).toBe(0);
  expect(await trigger([])).toBe(1);
  expect(await trigger()).toBe(0);
  writeCredential("another-planted-password");
  expect(await trigger()).toBe(1);
  expect(await trigger()).toBe(0);
  endpoint.configure({ requestTimeout: "6s" });
  expect(await trigger()).toBe(1);
});
