import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Misbehaviour, silence } from "../../fakes/answers.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, oneAttempt, type RunOptions, setUpEndpoint, start } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { answering, listen } from "../support/loopback.ts";

/**
 * Plants secrets, provokes every failure, and searches for the secrets in everything that any command leaves behind.
 */

/** Its Base64 has other characters in URLs. */
const clientSecret = "pl?nt>d/?Se>re?+o>==?th>&A?cc>u%41";
const proxyPassword = "pl4nted/Password+of==the&Proxy";
const built = process.env["LINKUSER_EXECUTABLE"] !== undefined;

let ca: TestCa;
let gears: Gears;
let endpoint: Endpoint;
let credentialFile: string;
/** Secrets that no server knows. */
let planted: string[];

beforeAll(() => {
  ca = createTestCa();
});
afterAll(() => ca[Symbol.dispose]());

beforeEach(async () => {
  gears = await startGears({ clientSecret, limit: { calls: 1000, periodMs: 60_000 } });
  endpoint = setUpEndpoint(gears, { logLevel: "debug", clientId: undefined, ...oneAttempt });
  credentialFile = join(endpoint.directory, "credential.json");
  endpoint.configure({ credentialFile });
  planted = [clientSecret];
  plant({});
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

function plant(fields: Readonly<Record<string, unknown>> | string, mode = 0o600): void {
  const whole =
    typeof fields === "string" ? fields : JSON.stringify({ clientId: gears.clientId, clientSecret, ...fields });
  writeFileSync(credentialFile, whole, { mode });
}

/** How a secret may look: in URLs, forms, headers, JSON and dumps. Twelve characters of one are enough. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const form = new URLSearchParams([["", secret]]).toString().slice(1);
  const forms = [secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)];
  const dumps = [bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")];
  return [...forms, ...dumps].map((text) => text.slice(0, 12));
}

/** Fails if a secret is in a text or in any of the endpoint's files, except where it was planted. */
function hunt(...texts: readonly string[]): void {
  const sources = new Set([credentialFile, endpoint.settingsFile]);
  const files = readdirSync(endpoint.directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !sources.has(path));
  const all = [...texts, ...files.map((path) => readFileSync(path, "latin1"))].join("\n");
  for (const secret of [...planted, ...gears.secrets]) {
    for (const form of formsOf(secret)) if (all.includes(form)) expect.fail(`${form} can be seen in:\n${all}`);
  }
}

const commands: readonly (readonly string[])[] = [
  // As if no earlier run had failed.
  ["link", "--json", "--no-splay"],
  ["link", "--no-splay"],
  ["--dry-run"],
  ["doctor"],
  ["doctor", "--json", "--bundle", "BUNDLE"],
  ["status"],
  ["config", "--json"],
  ["plan", "--devices", "20"],
  ["install", "--dry-run"],
  ["uninstall", "--dry-run"],
];

/** Runs the commands one after another, as each leaves something for the next. */
async function huntIn(which: readonly (readonly string[])[], options: RunOptions = {}): Promise<void> {
  const environment = { HOME: endpoint.directory, ...options.environment };
  for (const [index, words] of which.entries()) {
    const args = words.map((word) => (word === "BUNDLE" ? join(endpoint.directory, `bundle-${index}`) : word));
    const user = ["link", "--dry-run"].includes(args[0] ?? "") ? endpoint.flags : [];
    const config = ["install", "uninstall"].includes(args[0] ?? "") ? [] : ["--config", endpoint.settingsFile];
    const { stdout, stderr } = await start([...args, ...user, ...config], { ...options, environment }).ended;
    expect(stdout, args.join(" ")).not.toBe("");
    hunt(stdout, stderr);
  }
}

const brief = [commands[0] ?? [], commands[4] ?? [], commands[5] ?? []];

describe("all commands", () => {
  test.each<[string, () => RunOptions | undefined]>([
    ["all is well", () => undefined],
    [
      "the secret is in the environment",
      () => ({ environment: { LINKUSER_CLIENT_ID: gears.clientId, LINKUSER_CLIENT_SECRET: clientSecret } }),
    ],
    ["a token is in the environment", () => ({ environment: { LINKUSER_ACCESS_TOKEN: clientSecret } })],
    ["the secret is in the settings file, too", () => void endpoint.configure({ clientSecret })],
    [
      "the secret is in the tenant's address",
      () => void endpoint.configure({ baseUrl: `https://key:${encodeURIComponent(clientSecret)}@x.test` }),
    ],
    [
      "a token is in the tenant's query",
      () => void endpoint.configure({ baseUrl: `https://x.test?access_token=${encodeURIComponent(clientSecret)}` }),
    ],
    [
      "the settings file is damaged beside it",
      () => void writeFileSync(endpoint.settingsFile, `{"clientSecret":"${clientSecret}",`, { mode: 0o600 }),
    ],
    ["the credential is not JSON", () => void plant(`clientSecret=${clientSecret}`)],
    ["the credential has an unknown field of that name", () => void plant({ secret: clientSecret })],
    ["the credential is both", () => void plant({ accessToken: clientSecret })],
    ["the credential has control characters", () => void plant({ clientSecret: `${clientSecret}\n` })],
    ["the log can't be written", () => void endpoint.configure({ logFile: "/dev/full" })],
    [
      "state and log can't be made",
      () => void endpoint.configure({ logFile: "/dev/null/log", stateDir: "/dev/null/state" }),
    ],
    ["the disk is full", () => ({ within: ["sh", "-c", `trap '' XFSZ; ulimit -f 0; exec "$@"`, "sh"] })],
  ])("%s", async (_, prepare) => {
    await huntIn(commands, prepare() ?? {});
  });
});

/** Repeats everything in the reason, in headers and in the body, in every form that a server may use. */
function echo(status: number, json: boolean): Misbehaviour {
  return ({ socket }) => {
    const [secret = ""] = gears.secrets.slice(-1);
    const all = [...gears.secrets, ...gears.secrets.map(encodeURIComponent), btoa(secret)].join(" ");
    const fields = { result: 0, msg: all, error: all, error_description: all, description: all };
    const body = json ? JSON.stringify(fields) : `<html><title>${all}</title><body>${all}</body></html>`;
    const headers = [
      `Location: https://${encodeURIComponent(secret)}.example.com/${all}?access_token=${all}`,
      `Retry-After: 5000`,
      ...["Set-Cookie", "Server", "WWW-Authenticate", "Proxy-Authenticate", "X-RateLimit-Limit", "Date", "Via"].map(
        (name) => `${name}: ${all}`,
      ),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`HTTP/1.1 ${status} ${all}\r\n${headers.join("\r\n")}\r\n\r\n${body}`);
  };
}

describe.each(["token", "link_user"] as const)("%s repeats the whole request", (scripted) => {
  test.each([
    ...[200, 400, 401, 429, 500].map((status) => [status, "JSON"] as const),
    ...[200, 302, 403, 404, 407, 511].map((status) => [status, "a web page"] as const),
  ])("with status %d as %s", async (status, form) => {
    gears.answerAlways(scripted, echo(status, form === "JSON"));
    await huntIn(brief);
    expect(gears.callsOf(scripted).length).toBeGreaterThan(0);
  });
});

/** Forms in which a server could hide the secret from a plain search. */
const disguises: Readonly<Record<string, (secret: string) => string>> = {
  "as in Basic": (secret) => btoa(`${gears.clientId}:${secret}`),
  "in hex": (secret) => Buffer.from(secret).toString("hex"),
  "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
  reversed: (secret) => [...secret].reverse().join(""),
  "in two words": (secret) => secret.replace(/.{16}/, "$& "),
  "with a sign between": (secret) => secret.replace(/.{7}/g, "$&-"),
};

test.each(Object.entries(disguises))("a server repeats the secret %s", async (_, disguise) => {
  const text = disguise(clientSecret);
  const fields = { error: "invalid_client", error_description: text, result: 0, msg: text };
  const answer = { status: 400, headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  for (const asked of ["token", "link_user"] as const) {
    gears.answerAlways(asked, answer);
    const { stdout, stderr } = await endpoint.link([], { environment: { HOME: endpoint.directory } });
    const seen = `${stdout} ${stderr} ${readFileSync(endpoint.logFile, "utf8")}`;
    expect(gears.callsOf(asked).length).toBeGreaterThan(0);
    // Twelve characters in a row give it away; in Basic the client ID comes first.
    const own = text.slice(disguise("").length);
    for (let at = 0; at + 12 <= own.length; at += 1) expect(seen).not.toContain(own.slice(at, at + 12));
    gears.answerByRules(asked);
  }
});

describe("what is between", () => {
  test("a proxy that repeats its log-on", async () => {
    const login = Buffer.from(`alice:${proxyPassword}`).toString("base64");
    planted.push(proxyPassword, login);
    const all = `${login} ${proxyPassword} ${encodeURIComponent(proxyPassword)}`;
    const refusal = `HTTP/1.1 407 ${all}\r\nProxy-Authenticate: Basic realm="${all}"\r\nContent-Length: ${all.length}\r\n\r\n${all}`;
    await using proxy = await listen(answering(refusal));
    endpoint.configure({ baseUrl: "https://gears.test", proxy: `http://${proxy.host}` });
    plant({ proxyUsername: "alice", proxyPassword });
    await huntIn(brief);
    expect(proxy.received).toContain(login);
    endpoint.configure({ proxy: "auto" });
    const address = `http://alice:${encodeURIComponent(proxyPassword)}@${proxy.host}`;
    await huntIn(brief, { environment: { HTTPS_PROXY: address } });
  });

  test("a server that is not trusted, and one that speaks no TLS", async () => {
    await using untrusted = await listen(answering(""), ca.issue("DNS:localhost"));
    endpoint.configure({ baseUrl: `https://localhost:${untrusted.port}` });
    await huntIn(brief);
    endpoint.configure({ baseUrl: gears.baseUrl.replace("http:", "https:") });
    await huntIn(brief);
  });
});

describe("from outside", () => {
  test("a running process has no secret in its arguments, starts no process, and prints no secret", async () => {
    gears.answerAlways("link_user", silence);
    const args = ["link", ...endpoint.flags, "--config", endpoint.settingsFile];
    const { child, ended } = start(args, { environment: { HOME: endpoint.directory } });
    const seen: string[] = [];
    gears.onCall(({ endpoint: asked }) => {
      if (asked !== "link_user") return;
      const process = `/proc/${child.pid}`;
      const tasks = readdirSync(`${process}/task`);
      const children = tasks.map((task) => readFileSync(`${process}/task/${task}/children`, "utf8")).join("");
      seen.push(readFileSync(`${process}/cmdline`, "latin1"), readFileSync(`${process}/environ`, "latin1"), children);
      child.kill("SIGTERM");
    });
    const { exitCode, stdout, stderr } = await ended;
    expect(exitCode).toBe(69);
    expect(seen.length).toBe(3);
    expect(seen[2]).toBe("");
    hunt(...seen, stdout, stderr);
  });

  test.each(built ? ["NODE_DEBUG", "NODE_DEBUG_NATIVE"] : ["NODE_DEBUG_NATIVE"])(
    "asked by %s for its runtime's notes",
    async (name) => {
      await huntIn(brief, { environment: { [name]: "*" } });
    },
  );
});
