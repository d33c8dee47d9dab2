import { describe, expect, test } from "vitest";
import type { Clock } from "../../../agent/clock.ts";
import { checkClock } from "../../../agent/doctor/network/clock.ts";
import { checkConnection, type Reached } from "../../../agent/doctor/network/connection.ts";
import { checkName } from "../../../agent/doctor/network/name.ts";
import { peerOf } from "../../../agent/doctor/network/peer.ts";
import { checkProxy } from "../../../agent/doctor/network/proxy.ts";
import { checkRateLimit } from "../../../agent/doctor/network/rate-limit.ts";
import type { Tenant } from "../../../agent/doctor/network/tenant.ts";
import { checkTls } from "../../../agent/doctor/network/tls.ts";
import { checkToken } from "../../../agent/doctor/network/token.ts";
import { AgentError } from "../../../agent/errors.ts";
import { type Probe, readProbe } from "../../../agent/gears/probe.ts";
import type { RawResponse, Sender } from "../../../agent/network/exchange.ts";
import type { ProxySources } from "../../../agent/network/proxy/choice.ts";
import type { TlsPeer } from "../../../agent/network/tls/certificate-chain.ts";
import { absent, failed, found } from "../../../agent/reading.ts";
import { Secret } from "../../../agent/secret.ts";
import type { Credentials } from "../../../agent/settings/credentials.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { virtualClock } from "../../fakes/clock.ts";
import { logOnMeans } from "../../fakes/log-on.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { answer, now, portalPage } from "../../gears/answers.ts";

const baseUrl = "https://gears.opswat.com";
const signal = new AbortController().signal;
/** Stands still, so a wait for a limit never ends. */
const clock: Clock = { ...virtualClock(now), sleep: () => new Promise(() => {}) };

function answering(response: RawResponse | AgentError): Sender & { readonly targets: readonly string[] } {
  const targets: string[] = [];
  return {
    targets,
    send: async ({ method, target }) => {
      targets.push(`${method} ${target.reveal()}`);
      if (response instanceof AgentError) throw response;
      return response;
    },
    close: async () => {},
  };
}

const context = { clock, interrupted: signal };
const tenantOf = (parts: Partial<Tenant>): Tenant => ({
  baseUrl,
  sender: answering(answer(200)),
  peers: [],
  proxyAccounts: [],
  patience: 1000,
  ...parts,
});

const settingsOf = (values: Readonly<Record<string, unknown>>) =>
  resolveSettings([{ kind: "file", location: undefined, values }]);

describe("proxy", () => {
  const check = (setting: string, environment: Record<string, string>, more: Partial<ProxySources> = {}) => {
    const systemProxy = async () => absent("/etc/environment", "has none");
    return checkProxy(baseUrl, {
      setting,
      environment,
      systemProxy,
      byScript: async () => [],
      login: () => undefined,
      logOn: logOnMeans(),
      ...more,
    });
  };

  test.each([
    ["auto", {}, "none: HTTPS_PROXY is not set; /etc/environment: has none"],
    ["none", { HTTPS_PROXY: "http://p:1" }, "none: the setting proxy is none"],
    ["auto", { HTTPS_PROXY: "http://p.test:3128" }, "http://p.test:3128: HTTPS_PROXY"],
    ["auto", { HTTPS_PROXY: "http://u:planted@p.test:3128" }, "http://p.test:3128, with a user name: HTTPS_PROXY"],
    ["auto", { HTTPS_PROXY: "http://p.test", NO_PROXY: ".opswat.com" }, "none: NO_PROXY has .opswat.com"],
  ])("%s %j: %s", async (setting, environment, detail) => {
    expect(await check(setting, environment)).toMatchObject({ status: "ok", detail });
  });

  test("lists all routes of the system in their order", async () => {
    const proxy = { origin: "http://p:8080", login: undefined, discovered: true };
    const routes = [proxy, "direct"] as const;
    const detail = "http://p:8080, then none at all: WPAD";
    expect(await check("auto", {}, { systemProxy: async () => found({ routes }, "WPAD") })).toMatchObject({ detail });
  });

  test("warns of a setting of the system's that can't be read", async () => {
    const error = new AgentError("not-connected", "The PAC script can't be fetched.");
    expect(await check("auto", {}, { systemProxy: async () => failed("PAC", error) })).toMatchObject({
      status: "warn",
      detail: "none: PAC could not be asked. The PAC script can't be fetched.",
      value: { routes: ["direct"] },
    });
  });

  test("is the host that this machine resolves and connects to", async () => {
    const { value } = await check("auto", { HTTPS_PROXY: "http://[2001:db8::1]" });
    expect(value && peerOf(baseUrl, value)).toEqual({
      host: "2001:db8::1",
      port: "80",
      proxy: "http://[2001:db8::1]",
      hasLogin: false,
    });
    expect(peerOf(baseUrl, { routes: ["direct"], reason: "" })).toEqual({
      host: "gears.opswat.com",
      port: "443",
      proxy: undefined,
      hasLogin: false,
    });
  });
});

describe("name", () => {
  const tenant = { host: "gears.opswat.com", port: "443", proxy: undefined, hasLogin: false };
  const addresses =
    (...all: string[]) =>
    async () =>
      all.map((address) => ({ address }));

  test("lists the addresses, each once, and not all of many", async () => {
    const finding = await checkName(tenant, addresses("192.0.2.1", "192.0.2.1", "2001:db8::1"), clock, 1000);
    expect(finding).toMatchObject({ status: "ok", detail: "gears.opswat.com is 192.0.2.1, 2001:db8::1" });
    const many = await checkName(tenant, addresses("::1", "::2", "::3", "::4"), clock, 1000);
    expect(many).toMatchObject({ detail: "gears.opswat.com is ::1, ::2, ::3, …" });
  });

  test.each(["192.0.2.7", "2001:db8::1"])("%s needs no look-up", async (host) => {
    const lookUp = () => Promise.reject(new Error("must not be asked"));
    expect(await checkName({ ...tenant, host }, lookUp, clock, 1000)).toMatchObject({ status: "skip" });
  });

  test("that no server knows, or returns in time, fails", async () => {
    const unknown = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND", syscall: "getaddrinfo" });
    const failing = checkName(tenant, () => Promise.reject(unknown), clock, 1000);
    await expect(failing).rejects.toMatchObject({ code: "name-not-resolved" });
    const silent = checkName(tenant, () => new Promise(() => {}), virtualClock(), 1000);
    await expect(silent).rejects.toMatchObject({ code: "name-not-resolved" });
  });
});

describe("connection and TLS", () => {
  const untrusted = new AgentError("tls-untrusted", "An issuer that is not trusted here.");
  const peer: TlsPeer = {
    host: "gears.opswat.com",
    protocol: "TLSv1.3",
    chain: [
      { name: "gears.opswat.com", validFrom: Date.UTC(2026, 0, 2), validTo: Date.UTC(2027, 0, 3), isCa: false },
      { name: "Corp Inspection CA", validFrom: 0, validTo: Date.UTC(2030, 0, 1), isCa: true },
    ],
    issuer: "Corp Inspection CA",
    publicRoot: false,
  };
  const answered = { kind: "answered", probe: readProbe(answer(405), now) } as const;

  const reached = (sender: Sender, at = baseUrl, proxyAccounts: readonly string[] = []) =>
    checkConnection(context, { tenant: tenantOf({ baseUrl: at, sender, proxyAccounts }) });

  const tls = (connection: Reached, peers: readonly TlsPeer[], at = baseUrl) =>
    checkTls(undefined, { connection, tenant: tenantOf({ peers, baseUrl: at }) });

  test("the account that a proxy accepted is named", async () => {
    const finding = await reached(answering(answer(405)), baseUrl, ["PC1$@AD.TEST (Negotiate)"]);
    expect(finding).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/the proxy accepts the account PC1\$@AD/),
    });
  });

  test("any answer proves that the server was reached", async () => {
    const sender = answering(answer(405));
    const finding = await reached(sender, `${baseUrl}/eu`);
    expect(finding).toMatchObject({ status: "ok", value: { kind: "answered", probe: { status: 405 } } });
    expect(sender.targets).toEqual(["GET /eu/o/oauth/token"]);
    expect(await reached(answering(answer(503)))).toMatchObject({
      status: "warn",
    });
  });

  test("a certificate that is not trusted is reported by the check of TLS, with its issuer", async () => {
    const { value } = await reached(answering(untrusted));
    expect(value).toEqual({ kind: "untrusted", error: untrusted });
    expect(value && tls(value, [peer])).toMatchObject({
      status: "fail",
      error: untrusted,
      detail: `${untrusted.message} Chain: issuer Corp Inspection CA.`,
    });
  });

  test("a log-on that fails is no fault of the connection", async () => {
    const refused = new AgentError("token-refused", "No.", { place: { stage: "log-on", party: "tenant" } });
    const { status, value } = await reached(answering(refused));
    expect({ status, value }).toEqual({ status: "ok", value: { kind: "refused", error: refused } });
    expect(value && tls(value, [peer])).toMatchObject({ status: "ok", value: true });
  });

  test("other failures are those of the connection", async () => {
    const lost = new AgentError("connection-lost", "");
    await expect(reached(answering(lost))).rejects.toBe(lost);
  });

  test.each([
    [{}, "not a public CA (TLS is inspected?): issuer Corp Inspection CA, until 2027-01-03, TLSv1.3"],
    [{ publicRoot: true }, "issuer Corp Inspection CA, until 2027-01-03, TLSv1.3"],
    [{ issuer: "Old Root" }, expect.stringContaining("issuer Corp Inspection CA, Old Root, until")],
    [{ chain: peer.chain.slice(0, 1), issuer: "gears.opswat.com" }, expect.stringContaining("self-signed")],
  ])("%j: %s", (parts, detail) => {
    const proxy = { ...peer, host: "proxy.example.com" };
    const finding = tls(answered, [proxy, { ...peer, ...parts }]);
    expect(finding).toMatchObject({ status: "ok", detail });
  });

  test("http: has no TLS to check", () => {
    expect(tls(answered, [], "http://127.0.0.1:8080")).toMatchObject({ status: "skip", value: true });
  });
});

describe("clock", () => {
  const platform = fakePlatform({});
  const found = (headers: Readonly<Record<string, string>>) =>
    checkClock(
      { clock, platform },
      { connection: { kind: "answered", probe: readProbe(answer(405, "", headers), now) } },
    );
  const check = (behind: number) => found({ date: new Date(now + behind).toUTCString() });

  test.each([
    [0, "ok", "agrees with the server's clock"],
    [-2_000, "ok", "agrees with the server's clock"],
    [60_000, "ok", "1 min behind the server's"],
    [-90_000, "ok", "2 min ahead of the server's"],
    [7_200_000, "warn", "2 h behind the server's"],
  ])("%s ms: %s, %s", (behind, status, detail) => {
    expect(check(behind)).toMatchObject({ status, detail });
  });

  test("is not judged without the server's date", () => {
    expect(found({})).toMatchObject({ status: "skip" });
  });

  test("without a server is judged by when this program was made", () => {
    const connection = { kind: "untrusted", error: new AgentError("tls-untrusted", "") } as const;
    const at = (time: number) => checkClock({ clock: { ...clock, now: () => time }, platform }, { connection });
    expect(at(Date.UTC(2030, 0, 1))).toMatchObject({
      status: "skip",
      detail: "needs tls; this machine's clock shows 2030-01-01 00:00 UTC",
    });
    expect(at(Date.UTC(2015, 0, 1))).toMatchObject({
      status: "warn",
      detail: "this machine's clock shows 2015-01-01 00:00 UTC, which is before this program was built",
    });
  });
});

describe("token", () => {
  const probe = readProbe(answer(403), now);
  const client: Credentials = {
    kind: "client",
    clientId: "key",
    clientSecret: new Secret("planted-secret"),
    origin: "environment",
  };
  const check = (response: RawResponse) =>
    checkToken(context, { credential: client, tenant: tenantOf({ sender: answering(response) }) });

  test("is obtained and not shown", async () => {
    const finding = await check(answer(200, { access_token: "planted-token", expires_in: 3600 }));
    expect(finding).toMatchObject({ status: "ok", detail: "obtained, valid for 1 h; not shown" });
    expect(JSON.stringify(finding)).not.toContain("planted");
    expect(finding.value?.token?.reveal()).toBe("planted-token");
  });

  test("a ready token is not tried, because only a link could", async () => {
    const sender = answering(answer(200));
    const given: Credentials = { kind: "token", accessToken: new Secret("planted"), origin: "environment" };
    expect(await checkToken(context, { credential: given, tenant: tenantOf({ sender }) })).toMatchObject({
      status: "skip",
    });
    expect(sender.targets).toEqual([]);
  });

  test.each<[string, { readonly connection?: Reached }, object]>([
    ["has it", {}, { status: "skip", detail: "the gateway has it, not this device" }],
    [
      "has it, and knows this machine",
      { connection: { kind: "answered", probe, account: "HOST$@CORP.EXAMPLE" } },
      { status: "ok", detail: expect.stringMatching(/; it accepts HOST\$@CORP\.EXAMPLE and proved itself$/) },
    ],
    ["knows this computer", { connection: { kind: "answered", probe, account: "CORP\\HOST$" } }, { status: "ok" }],
    [
      "knows a user",
      { connection: { kind: "answered", probe, account: "alice@CORP.EXAMPLE" } },
      { status: "warn", detail: expect.stringContaining("alice@CORP.EXAMPLE, which is no machine's account") },
    ],
    [
      "refuses this machine",
      { connection: { kind: "refused", error: new AgentError("token-refused", "No.") } },
      { status: "fail", error: { message: "No." }, advice: expect.stringContaining("member of the domain") },
    ],
  ])("of a gateway that %s", async (_, reached, finding) => {
    const sender = answering(answer(200));
    expect(
      await checkToken(context, { ...reached, credential: { kind: "none" }, tenant: tenantOf({ sender }) }),
    ).toMatchObject(finding);
    expect(sender.targets).toEqual([]);
  });

  test("a refusal shows the server's words, without the secret", async () => {
    const refused = check(answer(401, { error: "invalid_client", error_description: "no planted-secret here" }));
    await expect(refused).rejects.toMatchObject({
      code: "credentials-refused",
      message: expect.not.stringContaining("planted-secret"),
    });
  });

  test("429 is a warning with the time until which the limit holds", async () => {
    expect(await check(answer(429, "", { "retry-after": "40" }))).toMatchObject({
      status: "warn",
      detail: "the account's rate limit is reached (429), more in 40 s",
    });
  });

  test("a fault of the server fails", async () => {
    expect(await check(answer(502))).toMatchObject({ status: "fail", error: { code: "server-error" } });
  });

  test("a captive portal's page fails", async () => {
    await expect(check(answer(200, portalPage))).rejects.toMatchObject({ code: "intercepted" });
  });
});

describe("rate limit", () => {
  const probe = readProbe(
    answer(200, "", { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "7", "x-ratelimit-reset-time": "20" }),
    now,
  );
  const none = readProbe(answer(200), now);
  const check = (seen: Probe, values = {}) =>
    checkRateLimit(context, {
      connection: { kind: "answered", probe: seen },
      token: { rateLimit: none.rateLimit, token: undefined },
      settings: settingsOf(values),
    });

  test("shows the first report that has one", () => {
    expect(check(probe)).toEqual({
      status: "ok",
      detail: "10 calls per period, 7 left, more in 20 s",
    });
    expect(check(none)).toMatchObject({ status: "skip" });
  });

  test("a setting above the account's limit is a warning", () => {
    expect(check(probe, { rateLimit: "60/1m" })).toMatchObject({
      status: "warn",
      advice: "set rateLimit to 10/1m",
    });
  });
});
