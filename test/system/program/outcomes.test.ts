import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Gears, type GearsOptions, startGears } from "../../fakes/gears.ts";
import { failure, json, oauthError } from "../../fakes/gears-api.ts";
import { freePort } from "../network/daemon.ts";
import { caller, type Endpoint, oneAttempt, setUpEndpoint } from "../support/agent.ts";

/** Every row of the table of exit codes, as a user sees it. */

let gears: Gears;
let endpoint: Endpoint;

async function setUp(options: GearsOptions = {}, settings: Record<string, unknown> = {}): Promise<void> {
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 }, ...options });
  endpoint = setUpEndpoint(gears, settings);
}

beforeEach(() => setUp());
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

/** Starts over with another server, for tests that need one. */
async function instead(options: GearsOptions, settings?: Record<string, unknown>): Promise<void> {
  endpoint[Symbol.dispose]();
  await gears.close();
  await setUp(options, settings);
}

describe("0", () => {
  test("linked: one token call, one link_user call, and the device is linked", async () => {
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "linked", message: "OK", requests: { token: 1, linkUser: 1 } });
    expect(exitCode).toBe(0);
    const { device, username, group } = document;
    expect([...gears.links]).toEqual([[device?.value, { user: username, group }]]);
    expect(gears.calls.map(({ endpoint, status }) => [endpoint, status])).toEqual([
      ["token", 200],
      ["link_user", 200],
    ]);
    expect(gears.callsOf("link_user")[0]?.opt).toBe(String(device?.opt));
  });

  test("linked, with an administrator's static token: no token call", async () => {
    await instead({ staticToken: "static-token-of-the-administrator" });
    const environment = { HOME: endpoint.directory, LINKUSER_ACCESS_TOKEN: "static-token-of-the-administrator" };
    const { exitCode, document } = await endpoint.link([], { environment });
    expect(document).toMatchObject({ outcome: "linked", requests: { token: 0, linkUser: 1 } });
    expect(exitCode).toBe(0);
  });

  test("linked, by the command's other name, shown to a person in a few lines", async () => {
    const { exitCode, stdout } = await endpoint.run(endpoint.flags);
    expect(stdout).toMatch(/^linked: /);
    expect(stdout).toContain([...gears.links.keys()][0]);
    expect(stdout.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
    expect(exitCode).toBe(0);
  });

  test("linked at once with --no-splay in a long rollout, after a temporary fault", async () => {
    endpoint.configure({ splay: "30d" });
    gears.answerNext("link_user", failure(503, "try later"), 2);
    const { exitCode, document } = await endpoint.link(["--no-splay"]);
    expect(document).toMatchObject({ outcome: "linked", requests: { linkUser: 3 } });
    expect(exitCode).toBe(0);
  });

  test("already-linked: the second run makes no call", async () => {
    await endpoint.link();
    const before = gears.calls.length;
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "already-linked", requests: { token: 0, linkUser: 0 } });
    expect(exitCode).toBe(0);
    expect(gears.calls.length).toBe(before);
  });

  test("skipped: the user is excluded by the settings", async () => {
    const { exitCode, document } = await endpoint.link(["--exclude-users", `nobody-else,${caller.slice(0, 1)}*`]);
    expect(document).toMatchObject({ outcome: "skipped", requests: { token: 0, linkUser: 0 } });
    expect(exitCode).toBe(0);
    expect(gears.calls).toEqual([]);
  });

  test("dry-run: needs no credentials, sends nothing, writes nothing, and shows the request", async () => {
    const environment = { HOME: endpoint.directory };
    const { exitCode, document } = await endpoint.link(["--dry-run"], { environment });
    expect(exitCode).toBe(0);
    const { device, username } = document;
    expect(document).toMatchObject({
      outcome: "dry-run",
      requests: { token: 0, linkUser: 0 },
      candidates: expect.arrayContaining([expect.objectContaining({ value: device?.value, opt: device?.opt })]),
      groups: expect.any(Array),
      origins: { baseUrl: expect.stringContaining(endpoint.settingsFile), deadline: expect.any(String) },
      warnings: expect.any(Array),
      request: {
        method: "POST",
        url: `${gears.baseUrl}/o/api/v2/devices/${device?.value}/link_user?opt=${device?.opt}&access_token=REDACTED`,
        body: { username },
      },
    });
    expect(gears.calls).toEqual([]);
    expect(existsSync(endpoint.stateFile)).toBe(false);
  });

  test("dry-run for a person: the request and its origin fit a terminal", async () => {
    const { exitCode, stdout } = await endpoint.run(["--dry-run", ...endpoint.flags]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("access_token=REDACTED");
    expect(stdout).toContain(endpoint.settingsFile);
  });
});

describe("64 usage", () => {
  test.each([
    [["lnik"], "link"],
    [["--dryrun"], "--dry-run"],
    [["--fleetsize", "5"], "--fleet-size"],
    [["status", "--jsno"], "--json"],
    [["link", "--deadlin=3s"], "--deadline"],
  ])("%j names the nearest right word: %s", async (args, right) => {
    const { exitCode, stdout } = await endpoint.run(args);
    expect(stdout).toContain("usage: ");
    expect(stdout).toContain(right);
    expect(exitCode).toBe(64);
  });

  test.each([
    ["a value that is not allowed", ["--deadline", "soon"], "deadline"],
    ["a missing value", ["--interface"], "--interface"],
    ["a value for a switch", ["--force=yes"], "--force"],
    ["a flag given twice", ["--interface", "a", "--interface", "b"], "--interface"],
    ["one argument too many", ["again"], "again"],
  ])("%s is named, in one document", async (_, args, named) => {
    const { exitCode, document } = await endpoint.link(args);
    expect(document).toMatchObject({ outcome: "usage", error: { code: expect.any(String) } });
    expect(document.message).toContain(named);
    expect(exitCode).toBe(64);
    expect(gears.calls).toEqual([]);
  });

  test.each(["--client-secret", "--access-token"])(
    "takes no secret as a flag, and does not repeat one: %s",
    async (flag) => {
      const { exitCode, document } = await endpoint.link([flag, gears.clientSecret]);
      expect(document.outcome).toBe("usage");
      expect(exitCode).toBe(64);
      const inline = await endpoint.link([`${flag}=${gears.clientSecret}`]);
      expect(inline.exitCode).toBe(64);
    },
  );
});

describe("65 request-rejected", () => {
  test.each([400, 405, 406, 413, 415])("the API refuses with %i: no second attempt", async (status) => {
    gears.answerAlways("link_user", failure(status, "no"));
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "request-rejected", error: { code: "request-refused" } });
    expect(exitCode).toBe(65);
    expect(gears.callsOf("link_user").length).toBe(1);
  });

  test("reports the known device and user in the same fields as a link", async () => {
    const { document: linked } = await endpoint.link();
    gears.answerAlways("link_user", failure(400, "no"));
    const { document } = await endpoint.link(["--force"]);
    const { error, ...known } = document;
    expect(error).toEqual({ code: "request-refused" });
    const reported = { outcome: "request-rejected", message: expect.any(String), elapsedMs: expect.any(Number) };
    expect(known).toEqual({ ...linked, ...reported });
  });

  test("result 0 with another message, which is shown", async () => {
    gears.answerAlways("link_user", failure(200, "The account is suspended"));
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("request-rejected");
    expect(document.message).toContain("The account is suspended");
    expect(exitCode).toBe(65);
    expect(gears.callsOf("link_user").length).toBe(1);
  });
});

describe("67 no-user", () => {
  test("the session is nobody's", async () => {
    const args = ["link", "--json", "--session", "no-such-session"];
    const { exitCode, stdout } = await endpoint.run(args);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "no-user", error: { code: "no-user" } });
    expect(exitCode).toBe(67);
    expect(gears.calls).toEqual([]);
  });

  test("there is no such user", async () => {
    const args = ["link", "--json", "--user", "nobody-has-this-name"];
    const { exitCode, stdout } = await endpoint.run(args);
    expect(JSON.parse(stdout).outcome).toBe("no-user");
    expect(exitCode).toBe(67);
    expect(gears.calls).toEqual([]);
  });
});

describe("68 device-unknown", () => {
  test.each([200, 404] as const)("each identifier is asked for once, answered by %i", async (unknownDeviceStatus) => {
    await instead({ devices: [], unknownDeviceStatus });
    const rehearsal = await endpoint.link(["--dry-run"]);
    const candidates = rehearsal.document["candidates"] as { value: string }[];
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "device-unknown", error: { code: "device-not-found" } });
    expect(exitCode).toBe(68);
    expect(gears.callsOf("link_user").map(({ device }) => device)).toEqual(candidates.map(({ value }) => value));
  });

  test("no identifier can be read", async () => {
    const { exitCode, document } = await endpoint.link(["--identify", "mac", "--interface", "no-such-adapter"]);
    expect(document).toMatchObject({ outcome: "device-unknown", error: { code: "no-identifier" } });
    expect(exitCode).toBe(68);
    expect(gears.calls).toEqual([]);
  });
});

describe("69 unreachable", () => {
  test("nothing listens", async () => {
    endpoint.configure(oneAttempt);
    const { exitCode, document } = await endpoint.link(["--base-url", `http://127.0.0.1:${await freePort()}`]);
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "not-connected" } });
    expect(exitCode).toBe(69);
  });

  test("the name does not resolve", async () => {
    // A label of 64 characters is refused by the resolver itself (RFC 1035 2.3.4), so nothing is asked of a network.
    endpoint.configure(oneAttempt);
    const { exitCode, document } = await endpoint.link(["--base-url", `https://${"x".repeat(64)}.invalid`]);
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "name-not-resolved" } });
    expect(exitCode).toBe(69);
  });

  test.each([500, 502, 503, 504])("a server that always fails with %i", async (status) => {
    gears.answerAlways("link_user", failure(status, "try later"));
    const { exitCode, document } = await endpoint.linkUntilCall("link_user", 2);
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "server-error" } });
    expect(exitCode).toBe(69);
  });

  test.each(["token", "link_user"] as const)("but a temporary fault of %s ends linked", async (faulty) => {
    gears.answerNext(faulty, failure(503, "try later"), 3);
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("linked");
    expect(exitCode).toBe(0);
    expect(gears.callsOf(faulty).length).toBe(4);
  });
});

describe("75 rate-limited", () => {
  test("this device's moment in the rollout is later than the deadline", async () => {
    endpoint.configure({ splay: "30d" });
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "waiting", error: { code: "not-due" } });
    expect(exitCode).toBe(75);
    expect(gears.calls).toEqual([]);
  });

  /** Seconds: so long that the agent leaves it to the next run. */
  const reset = 5_000;
  const inSeconds = () => String(reset);
  const asEpoch = () => String(Math.ceil(Date.now() / 1000) + reset);
  const asDate = () => new Date(Date.now() + reset * 1000 + 999).toUTCString();

  test.each([
    ["X-RateLimit-Reset-Time as a delay", () => ({ "X-RateLimit-Reset-Time": inSeconds() })],
    ["X-RateLimit-Reset-Time as an epoch time", () => ({ "X-RateLimit-Reset-Time": asEpoch() })],
    ["Retry-After in seconds", () => ({ "Retry-After": inSeconds() })],
    ["Retry-After as a date", () => ({ "Retry-After": asDate() })],
    [
      "the later one of both",
      () => ({ "Retry-After": inSeconds(), "X-RateLimit-Reset-Time": "7" }) as Record<string, string>,
    ],
  ])("ends at once and names a next attempt no earlier than allowed: %s", async (_, headers) => {
    gears.answerAlways("link_user", failure(429, "Rate limit exceeded", headers()));
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "rate-limited", error: { code: "too-many-requests" } });
    expect(exitCode).toBe(75);
    const [call, ...more] = gears.callsOf("link_user");
    expect(more).toEqual([]);
    const { stdout } = await endpoint.run(["status", "--json"]);
    const waits = Date.parse(JSON.parse(stdout).nextTry) - (call?.at ?? Number.NaN);
    expect(waits).toBeGreaterThanOrEqual((reset - 2) * 1000);
    expect(waits).toBeLessThan(2 * reset * 1000);
  });

  test("a limit on token calls is a limit too", async () => {
    gears.answerAlways("token", failure(429, "Rate limit exceeded", { "Retry-After": inSeconds() }));
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("rate-limited");
    expect(exitCode).toBe(75);
    expect(gears.callsOf("link_user")).toEqual([]);
  });

  test("but if the limit opens before the deadline the run ends linked", async () => {
    await instead({ limit: { calls: 1, periodMs: 1000 }, limiter: "sliding-log" }, { rateLimit: "1/1s" });
    using other = setUpEndpoint(gears, { rateLimit: "1/1s", deadline: "100s" });
    endpoint.configure({ deadline: "100s" });
    const both = await Promise.all([endpoint.link(), other.link()]);
    expect(both.map(({ document }) => document.outcome)).toEqual(["linked", "linked"]);
    expect(gears.callsOf("link_user").filter(({ status }) => status === 200).length).toBe(2);
  });
});

describe("77 credentials", () => {
  test("none found", async () => {
    endpoint.configure({ credentialFile: join(endpoint.directory, "none.json") });
    const { exitCode, document } = await endpoint.link([], { environment: { HOME: endpoint.directory } });
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-missing" } });
    expect(exitCode).toBe(77);
    expect(gears.calls).toEqual([]);
  });

  test("taken from the protected file, but refused if others may read it", async () => {
    const credentialFile = join(endpoint.directory, "credential.json");
    writeFileSync(credentialFile, JSON.stringify({ clientId: gears.clientId, clientSecret: gears.clientSecret }), {
      mode: 0o600,
    });
    endpoint.configure({ credentialFile, clientId: undefined });
    const environment = { HOME: endpoint.directory };
    expect((await endpoint.link([], { environment })).document.outcome).toBe("linked");
    chmodSync(credentialFile, 0o644);
    const { exitCode, document } = await endpoint.link(["--force"], { environment });
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-exposed" } });
    expect(exitCode).toBe(77);
  });

  test.each([
    ["not JSON", (secret: string) => `clientSecret=${secret}`],
    ["another shape", (secret: string) => JSON.stringify([secret])],
    ["an unknown field", (secret: string) => JSON.stringify({ clientSecret: secret, tenant: 1 })],
  ])("a credential file that is %s, without repeating it", async (_, text) => {
    const credentialFile = join(endpoint.directory, "credential.json");
    writeFileSync(credentialFile, text(gears.clientSecret), { mode: 0o600 });
    endpoint.configure({ credentialFile });
    const { exitCode, document } = await endpoint.link([], { environment: { HOME: endpoint.directory } });
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-invalid" } });
    expect(exitCode).toBe(77);
  });

  test.each([400, 401])("the client is refused with %i: no second attempt", async (status) => {
    gears.answerAlways("token", oauthError(status, "invalid_client", "Bad client credentials"));
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-refused" } });
    expect(exitCode).toBe(77);
    expect(gears.calls.length).toBe(1);
  });

  test("the wrong secret, which is not repeated", async () => {
    const wrong = "wrong-secret-0123456789";
    const { exitCode, document, stdout, stderr } = await endpoint.link([], {
      environment: { HOME: endpoint.directory, LINKUSER_CLIENT_SECRET: wrong },
    });
    expect(document.outcome).toBe("credentials");
    expect(exitCode).toBe(77);
    expect(stdout + stderr).not.toContain(wrong);
  });

  test("an expired token is renewed once, and the run ends linked", async () => {
    gears.answerNext("link_user", failure(401, "The access token has expired"));
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "linked", requests: { token: 2, linkUser: 2 } });
    expect(exitCode).toBe(0);
  });

  test("a fresh token that is refused too is final", async () => {
    gears.answerAlways("link_user", failure(401, "The access token is invalid"));
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "credentials", requests: { token: 2, linkUser: 2 } });
    expect(exitCode).toBe(77);
  });

  test("a static token that is refused is final at once", async () => {
    const environment = { HOME: endpoint.directory, LINKUSER_ACCESS_TOKEN: "a-token-of-yesterday" };
    const { exitCode, document } = await endpoint.link([], { environment });
    expect(document).toMatchObject({ outcome: "credentials", requests: { token: 0, linkUser: 1 } });
    expect(exitCode).toBe(77);
  });
});

describe("78 config-invalid", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["a value that is not allowed", { deadline: "soon" }, ["deadline", "soon", "duration"]],
    ["an unknown setting, with the nearest right one", { fleetsize: 5 }, ["fleetsize", "fleetSize"]],
    ["an address in the clear", { baseUrl: "http://gears.example.com" }, ["baseUrl", "https:"]],
  ])("%s in the file", async (_, settings, named) => {
    endpoint.configure(settings);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "config-invalid", error: { code: expect.stringMatching(/^setting-/) } });
    for (const word of [...named, endpoint.settingsFile]) expect(document.message).toContain(word);
    expect(exitCode).toBe(78);
    expect(gears.calls).toEqual([]);
  });

  test("a value that is not allowed in the environment", async () => {
    const environment = { ...endpoint.environment, LINKUSER_MAX_CANDIDATES: "many" };
    const { exitCode, document } = await endpoint.link([], { environment });
    expect(document.outcome).toBe("config-invalid");
    expect(document.message).toContain("LINKUSER_MAX_CANDIDATES");
    expect(exitCode).toBe(78);
  });

  test("a secret in the settings file is not repeated", async () => {
    endpoint.configure({ clientSecret: gears.clientSecret });
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("config-invalid");
    expect(document.message).toContain("clientSecret");
    expect(exitCode).toBe(78);
  });

  test.each([
    ["is not JSON", "{deadline"],
    ["is not an object", "[]"],
  ])("a file that %s", async (_, text) => {
    writeFileSync(endpoint.settingsFile, text, { mode: 0o600 });
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "config-invalid", error: { code: "settings-unreadable" } });
    expect(exitCode).toBe(78);
  });

  test("a named file that is missing", async () => {
    rmSync(endpoint.settingsFile);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "config-invalid", error: { code: "settings-unreadable" } });
    expect(exitCode).toBe(78);
  });
});

describe("the wrong shape of a good answer", () => {
  test.each([
    ["no access_token", json(200, { token_type: "bearer" })],
    ["an access_token that is no text", json(200, { access_token: 7 })],
  ])("76: a token answer with %s", async (_, answer) => {
    gears.answerAlways("token", answer);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "unexpected-answer" } });
    expect(exitCode).toBe(76);
    expect(gears.calls.length).toBe(1);
  });
});
