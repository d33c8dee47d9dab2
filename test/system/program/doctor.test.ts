import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Gears, type GearsOptions, startGears } from "../../fakes/gears.ts";
import { json, oauthError } from "../../fakes/gears-api.ts";
import { caller, type Endpoint, type RunOptions, setUpEndpoint, withDocument } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { answering, connectProxy, listen, reply } from "../support/loopback.ts";

/** The report, as a user sees it. No test of this file may cause a link. */

interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail" | "skip";
  readonly detail: string;
  readonly advice?: string;
  readonly elapsedMs: number;
}

let gears: Gears;
let endpoint: Endpoint;
let ca: TestCa;

async function setUp(options: GearsOptions = {}, settings: Record<string, unknown> = {}): Promise<void> {
  gears = await startGears(options);
  endpoint = setUpEndpoint(gears, settings);
}

beforeEach(async () => {
  ca = createTestCa();
  await setUp();
});
afterEach(async () => {
  expect(gears.callsOf("link_user")).toEqual([]);
  expect(existsSync(endpoint.stateFile)).toBe(false);
  endpoint[Symbol.dispose]();
  ca[Symbol.dispose]();
  await gears.close();
});

async function instead(options: GearsOptions, settings?: Record<string, unknown>): Promise<void> {
  endpoint[Symbol.dispose]();
  await gears.close();
  await setUp(options, settings);
}

async function examine(flags: readonly string[] = [], options?: RunOptions) {
  const { exitCode, document } = withDocument(
    await endpoint.run(["doctor", "--json", "--user", caller, ...flags], options),
  );
  const checks = document["checks"] as readonly Check[];
  return { exitCode, outcome: document.outcome, document, checks, of: (name: string) => named(checks, name) };
}

function named(checks: readonly Check[], name: string): Check {
  const check = checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check;
}

describe("a machine that can link", () => {
  test("has no fault: exit code 0, every check in its order", async () => {
    const { exitCode, outcome, checks, of } = await examine();
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect({ exitCode, outcome }).toEqual({ exitCode: 0, outcome: "ok" });
    expect(checks.map(({ name }) => name).join(" ")).toBe(
      "rights policy settings environment credential state log-file trigger " +
        "vendor-client adapters hardware-ids identifier sessions user groups " +
        "proxy name connection tls clock token rate-limit",
    );
    expect(of("token")).toMatchObject({ status: "ok", detail: "obtained, valid for 1 h; not shown" });
    expect(of("clock")).toMatchObject({ status: "ok", detail: "agrees with the server's clock" });
    expect(of("user").detail).toContain(`sent as ${caller}`);
    for (const { elapsedMs } of checks) expect(elapsedMs).toBeGreaterThanOrEqual(0);
  });

  test("with --compare agrees with this machine's own tools", async () => {
    const { document, of } = await examine(["--compare"]);
    expect(of("compare")).toMatchObject({ status: "ok" });
    const comparisons = document["comparisons"] as readonly { fact: string; result: string }[];
    expect(comparisons.filter(({ result }) => result === "different")).toEqual([]);
    expect(comparisons.find(({ fact }) => fact === "user")).toMatchObject({ result: "equal" });
    expect(document["byHand"]).not.toEqual([]);
  });

  test("with --ask-server asks once which identifiers the server knows", async () => {
    const { checks, of } = await examine(["--ask-server"]);
    expect(checks.map(({ name }) => name).slice(-3)).toEqual(["token", "known-ids", "rate-limit"]);
    expect(of("known-ids")).toMatchObject({ status: "ok", detail: expect.stringMatching(/^the API knows /) });
    expect(gears.callsOf("details")).toHaveLength(1);
    await instead({ devices: [] });
    const unknown = await examine(["--ask-server"]);
    expect(unknown).toMatchObject({ exitCode: 0 });
    expect(unknown.of("known-ids")).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(/^the API knows none of /),
      advice: expect.stringContaining("Privacy settings"),
    });
  });

  test("an unknown answer to --ask-server is shown as such", async () => {
    gears.answerAlways("details", json(404, { error: "Not Found", path: "/o/api/v3.8/devices/detail" }));
    const { exitCode, of } = await examine(["--ask-server"]);
    expect(exitCode).toBe(0);
    expect(of("known-ids")).toMatchObject({
      status: "skip",
      detail: "can't tell: the API answered with status 404",
    });
  });

  test("asks for one token, and sends one harmless request to the same address", async () => {
    await examine();
    expect(gears.calls.map(({ endpoint, method }) => `${method} ${endpoint}`)).toEqual(["GET token", "POST token"]);
  });

  test("a person sees a line for each check, and last what to do first", async () => {
    const { stdout, stderr, exitCode } = await endpoint.run(["doctor", "--user", caller]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => /^ (?:ok|warn|fail|skip) /.test(line))).toHaveLength(22);
    expect(lines.at(-1)).toMatch(/^(?:All is well\.|Nothing fails; \d+ warnings?\.(?: Start with \S+.*)?)$/);
  });

  test("a static token is not tried", async () => {
    await instead({ staticToken: "static-token-of-the-administrator" });
    const environment = { HOME: endpoint.directory, LINKUSER_ACCESS_TOKEN: "static-token-of-the-administrator" };
    const { exitCode, of } = await examine([], { environment });
    expect(exitCode).toBe(0);
    expect(of("credential")).toMatchObject({ status: "ok", detail: "access token from the environment" });
    expect(of("token").status).toBe("skip");
  });

  test("the rate limit in the answers is shown", async () => {
    const headers = { "X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "7" };
    gears.answerAlways("token", json(200, { access_token: "token-of-a-test" }, headers));
    expect((await examine()).of("rate-limit")).toMatchObject({
      status: "ok",
      detail: "10 calls per period, 7 left",
    });
  });
});

describe("a fault decides the exit code and hides nothing that can still be reported", () => {
  test("78: a setting", async () => {
    endpoint.configure({ fleetSise: 3 });
    const { exitCode, outcome, of } = await examine();
    expect({ exitCode, outcome }).toEqual({ exitCode: 78, outcome: "config-invalid" });
    expect(of("settings")).toMatchObject({ status: "fail", detail: expect.stringContaining("fleetSize") });
    expect(of("token")).toMatchObject({ status: "skip", detail: "needs tls" });
    expect(of("user")).toMatchObject({ status: "skip", detail: "needs settings" });
  });

  test("78: a state directory that can't be used", async () => {
    const { exitCode, of } = await examine(["--state-dir", endpoint.settingsFile]);
    expect(exitCode).toBe(78);
    expect(of("state").detail).toContain("part of the path is a file");
    expect(of("token").status).toBe("ok");
  });

  test("77: no credential; the network is still checked", async () => {
    const credentialFile = join(endpoint.directory, "credential.json");
    const environment = { HOME: endpoint.directory };
    const { exitCode, of } = await examine(["--credential-file", credentialFile], { environment });
    expect(exitCode).toBe(77);
    expect(of("credential").advice).toContain(credentialFile);
    expect(of("connection").status).toBe("ok");
    expect(of("token")).toMatchObject({ status: "skip", detail: "needs credential" });
  });

  test("77: a credential that others can read, with the command that fixes it", async () => {
    const credentialFile = join(endpoint.directory, "credential.json");
    writeFileSync(credentialFile, JSON.stringify({ clientSecret: gears.clientSecret }));
    chmodSync(credentialFile, 0o644);
    const environment = { HOME: endpoint.directory };
    const { exitCode, of } = await examine(["--credential-file", credentialFile], { environment });
    expect(exitCode).toBe(77);
    expect(of("credential").advice).toContain(`chmod 600 ${credentialFile}`);
  });

  test("77: credentials that the API refuses, in a text that repeats them", async () => {
    gears.answerAlways("token", oauthError(401, "invalid_client", `no ${gears.clientSecret} here`));
    const { exitCode, of } = await examine();
    expect(exitCode).toBe(77);
    expect(of("token")).toMatchObject({ status: "fail", detail: expect.stringContaining("invalid_client") });
  });

  test("69: nobody listens", async () => {
    const { port } = gears;
    await gears.close();
    const { exitCode, of } = await examine();
    expect(exitCode).toBe(69);
    expect(of("connection")).toMatchObject({
      status: "fail",
      advice: `curl --include http://127.0.0.1:${port}/o/oauth/token`,
    });
    expect(of("token").status).toBe("skip");
  });

  test("69: a server that never answers does not hold it", async () => {
    await using silent = await listen(() => {});
    const { exitCode, of } = await examine(["--base-url", `http://${silent.host}`, "--request-timeout", "300ms"]);
    expect(exitCode).toBe(69);
    expect(of("connection")).toMatchObject({ status: "fail", detail: expect.stringContaining("300 ms") });
  });

  test("69: a name that does not resolve", async () => {
    const { exitCode, of } = await examine(["--base-url", "https://gears.invalid"]);
    expect(exitCode).toBe(69);
    expect(of("name")).toMatchObject({ status: "fail", advice: expect.stringContaining("gears.invalid") });
    expect(of("connection")).toMatchObject({ status: "skip", detail: "needs name" });
  });

  test("76: a captive portal", async () => {
    await using portal = await listen(answering(reply("302 Found", "", "Location: http://portal.test/login")));
    const { exitCode, of } = await examine(["--base-url", `http://${portal.host}`]);
    expect(exitCode).toBe(76);
    expect(of("token").detail).toContain("portal.test");
  });

  test("the first fault's code counts where there are several", async () => {
    gears.answerAlways("token", json(503, {}));
    const { exitCode, checks } = await examine(["--state-dir", endpoint.settingsFile]);
    expect(checks.filter(({ status }) => status === "fail").map(({ name }) => name)).toEqual(["state", "token"]);
    expect(exitCode).toBe(78);
  });
});

describe("TLS", () => {
  beforeEach(() => instead({ tls: ca.issue("DNS:localhost") }));

  test("76: an issuer that is not trusted is named", async () => {
    const { exitCode, of } = await examine();
    expect(exitCode).toBe(76);
    expect(of("tls")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("Test CA"),
      advice: `openssl s_client -showcerts -connect localhost:${gears.port} </dev/null`,
    });
    expect(of("token")).toMatchObject({ status: "skip", detail: "needs tls" });
    expect(gears.calls).toEqual([]);
  });

  test("an issuer of caFile is trusted, and distinguished from public ones", async () => {
    const { exitCode, of } = await examine(["--ca-file", ca.file]);
    expect(exitCode).toBe(0);
    expect(of("tls").detail).toMatch(/^not a public CA .*issuer Test CA, until \d{4}-\d\d-\d\d, TLSv1\.3$/);
  });

  test("behind a proxy with TLS the tenant's certificate is shown", async () => {
    await using proxy = await connectProxy({ port: gears.port }, ca.issue("IP:127.0.0.1"));
    const { exitCode, of } = await examine(["--ca-file", ca.file, "--proxy", `https://${proxy.host}`]);
    expect(exitCode).toBe(0);
    expect(of("proxy").detail).toBe(`https://${proxy.host}: the setting proxy`);
    expect(of("tls").detail).toContain("issuer Test CA");
  });

  test("78: a caFile that is none", async () => {
    const { exitCode, of } = await examine(["--ca-file", endpoint.settingsFile]);
    expect(exitCode).toBe(78);
    expect(of("connection").detail).toContain(`flag --ca-file: ${endpoint.settingsFile} has no certificate`);
  });
});

describe("the environment", () => {
  /** Whether the run has rights that a person needs sudo for. */
  const privileged = process.getuid?.() === 0;

  test("proxies of the user who called sudo are ignored and reported", async () => {
    const environment = { ...endpoint.environment, SUDO_UID: "1000", HTTP_PROXY: "http://user:password@127.0.0.1:9" };
    const { checks, of } = await examine([], { environment });
    const reported = { status: "warn", detail: "ignored, because a person started this privileged run: HTTP_PROXY" };
    expect(of("environment")).toMatchObject(privileged ? reported : { status: "ok" });
    expect(JSON.stringify(checks)).not.toContain("password");
  });

  test.each([
    ["the machine's own", {}, 0],
    ["those of the person who called sudo", { SUDO_UID: "1000" }, privileged ? 76 : 0],
  ])("certificates in SSL_CERT_FILE: %s", async (_whose, marks, expected) => {
    await instead({ tls: ca.issue("DNS:localhost") });
    const environment = { ...endpoint.environment, SSL_CERT_FILE: ca.file, ...marks };
    const { exitCode } = await examine([], { environment });
    expect(exitCode).toBe(expected);
  });
});

describe("--bundle", () => {
  test("writes a file that only its owner can read: checks, settings, the end of the log, no secret", async () => {
    const path = join(endpoint.directory, "support.json");
    const spoiled = { message: `a defect wrote ${gears.clientSecret}` };
    const logFile = join(endpoint.directory, "spoiled.log");
    writeFileSync(logFile, `${JSON.stringify(spoiled)}\n`);
    const { exitCode, document, checks } = await examine(["--bundle", path, "--log-file", logFile]);
    expect(exitCode).toBe(0);
    expect(document["bundle"]).toBe(path);
    const text = readFileSync(path, "utf8");
    endpoint.huntSecrets(text);
    expect(JSON.parse(text)).toMatchObject({
      outcome: "ok",
      checks: checks.map(({ name, status }) => ({ name, status })),
      version: expect.any(String),
      settings: { baseUrl: { value: gears.baseUrl, origin: expect.stringContaining(endpoint.settingsFile) } },
      defects: [],
      log: ['{"message":"a defect wrote REDACTED"}'],
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("64: a file that already exists is kept, and nothing is checked", async () => {
    const { exitCode, stdout } = await endpoint.run(["doctor", "--bundle", endpoint.settingsFile]);
    expect(exitCode).toBe(64);
    expect(stdout).toContain("already exists");
    expect(gears.calls).toEqual([]);
  });
});
