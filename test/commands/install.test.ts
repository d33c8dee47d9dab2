import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { install } from "../../agent/commands/install.ts";
import { uninstall } from "../../agent/commands/uninstall.ts";
import { AgentError } from "../../agent/errors.ts";
import type { InstallRequest, InstallStep, Platform } from "../../agent/platform/port.ts";
import { absent, failed, found, type Reading } from "../../agent/reading.ts";
import type { CommandResult } from "../../agent/wiring/runtime.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";

const secret = "s3cr3t-of-the-account";
const credential = `{"clientId": "key", "clientSecret": "${secret}"}\n`;

let folder: string;
let source: string;
let configFile: string;
/** Calls to the platform, in order. */
let request: InstallRequest | undefined;
let done: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "linkuser-agent-install-"));
  source = join(folder, "source.json");
  configFile = join(folder, "config.json");
  writeFileSync(source, credential);
  request = undefined;
  done = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function step(what: string, change: InstallStep["change"] = "create"): InstallStep {
  const apply = () => {
    done.push(what);
    return () => void done.push(`undo ${what}`);
  };
  return { what, change, apply };
}

async function run(args: readonly string[], others: Partial<Platform> = {}, privileged = true): Promise<CommandResult> {
  const platform = fakePlatform({
    privileged,
    others: {
      paths: { configFile, credentialFile: join(folder, "credential.json"), stateDir: folder, logFile: folder },
      installSteps: async (asked) => {
        request = asked;
        return [step("credential"), step("files", "keep"), step("trigger")];
      },
      uninstallSteps: async (purge) => [step("trigger", "remove"), ...(purge ? [step("state", "remove")] : [])],
      ...others,
    },
  });
  const runtime = { ...fakeRuntime(platform), executable: () => "/opt/linkuser-agent" };
  const commandLine = readCommandLine(args);
  return await (commandLine.command === "install" ? install : uninstall)(runtime, commandLine);
}

async function mistake(args: readonly string[], others: Partial<Platform> = {}, privileged = true): Promise<string> {
  try {
    await run(args, others, privileged);
  } catch (error) {
    if (error instanceof AgentError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("no mistake was found");
}

const inPlace = { readProtected: () => found(credential, "fake") };

test("installs all parts, and reports them without the secret", async () => {
  const { document, text } = await run(["install", "--credential-from", source]);
  expect(document).toEqual({
    outcome: "installed",
    message: "Done.",
    steps: [
      { what: "credential", change: "create" },
      { what: "files", change: "keep" },
      { what: "trigger", change: "create" },
    ],
    warnings: [],
  });
  expect(done).toEqual(["credential", "trigger"]);
  expect(request?.executable).toBe("/opt/linkuser-agent");
  expect(request?.credential?.reveal()).toBe(credential);
  expect(request?.settings).toBeUndefined();
  expect(text).not.toContain(secret);
  expect(existsSync(source)).toBe(true);
});

test("if all parts are there already, it says so and does nothing", async () => {
  const others = { ...inPlace, installSteps: async () => [step("trigger", "keep"), step("credential", "keep")] };
  expect((await run(["install"], others)).document).toMatchObject({
    outcome: "installed",
    message: "Nothing to change.",
  });
  expect(done).toEqual([]);
});

test("--dry-run shows the same steps and does none of them", async () => {
  const { document } = await run(["install", "--dry-run", "--credential-from", source, "--delete-source"]);
  expect(document).toMatchObject({ outcome: "dry-run", steps: [{}, {}, {}, { change: "remove" }] });
  expect(done).toEqual([]);
  expect(existsSync(source)).toBe(true);
});

test("merges settings into the file and keeps its other keys", async () => {
  writeFileSync(configFile, '{"proxy": "none", "fleetSize": 5}');
  await run([
    "install",
    "--fleet-size",
    "2000",
    "--group-prefer",
    "Sales *,HR",
    "--deadline",
    "2h",
    "--allow-multi-session",
  ]);
  expect(JSON.parse(request?.settings ?? "")).toEqual({
    proxy: "none",
    fleetSize: 2000,
    groupPrefer: ["Sales *", "HR"],
    deadline: "2h",
    allowMultiSession: true,
  });
});

test("--unset takes settings out of the file, by either spelling", async () => {
  writeFileSync(configFile, '{"proxy": "none", "fleetSize": 5, "deadline": "2h"}');
  await run(["install", "--unset", "fleetSize, --deadline", "--splay", "5m"]);
  expect(JSON.parse(request?.settings ?? "")).toEqual({ proxy: "none", splay: "5m" });
  expect(await mistake(["install", "--unset", "fleetsize"])).toBe(
    "invalid-value: --unset: there is no setting fleetsize. Did you mean fleetSize?",
  );
  expect(await mistake(["install", "--unset", "splay", "--splay", "5m"])).toContain("Use only one of them.");
});

test("a new secret is followed by the next step", async () => {
  const next = /\nnext: linkuser-agent doctor$/;
  expect((await run(["install", "--credential-from", source])).text).toMatch(next);
  expect((await run(["install", "--credential-from", source, "--dry-run"])).text).not.toMatch(next);
  expect((await run(["install", "--fleet-size", "5"])).text).not.toMatch(next);
});

test("settings that the file has already do not change it", async () => {
  writeFileSync(configFile, '{"fleetSize":2000}');
  await run(["install", "--fleet-size", "2000"]);
  expect(request?.settings).toBeUndefined();
});

test("empty values count as not given", async () => {
  writeFileSync(configFile, '{"groupPrefer":["HR"]}');
  await run(["install", "--base-url", "", "--group-prefer=", "--credential-from", "", "--delete-source"]);
  expect(request).toMatchObject({ credential: undefined, settings: undefined });
});

test("a policy that beats a given setting is reported", async () => {
  const policy = () => found({ origin: "the policy", spelling: "file", values: { fleetSize: 7 } } as const, "fake");
  const { document } = await run(["install", "--fleet-size", "2000"], { policy, ...inPlace });
  expect(document).toMatchObject({
    warnings: [expect.stringContaining("--fleet-size has no effect: policy the policy")],
  });
});

test.each<[string, Reading<string>, string]>([
  [
    "that others may read",
    failed("fake", new AgentError("credentials-exposed", "It is open.", { remedy: "chmod 600" })),
    "It is open. Run chmod 600",
  ],
  ["that is none", found("{}", "fake"), "it has neither clientSecret nor accessToken"],
])("a credential in place %s is reported", async (_what, inPlace, reported) => {
  const { text, document } = await run(["install"], { readProtected: () => inPlace });
  expect(text).toContain(reported);
  expect(document).toMatchObject({ outcome: "installed", warnings: [expect.stringContaining(reported)] });
});

test.each(["none", "negotiate"])("with auth = %s no credential is missed", async (auth) => {
  const words = ["--base-url", "https://gateway.example.com", "--auth", auth];
  const { document } = await run(["install", ...words], { readProtected: () => absent("fake", "is not there") });
  expect(document).toMatchObject({ outcome: "installed", warnings: [] });
});

test("certificates that no run could use are reported", async () => {
  const words = ["--ca-file", "/none/ca.pem", "--client-cert-file", "/none/cert.pem", "--client-key-file", "/none/key"];
  const { document } = await run(["install", ...words], inPlace);
  expect(document).toMatchObject({
    warnings: [
      `file ${configFile}, caFile: /none/ca.pem does not exist.`,
      `file ${configFile}, clientCertFile: /none/cert.pem does not exist.`,
    ],
  });
});

test("a missing credential is reported", async () => {
  expect((await run(["install"])).document).toMatchObject({ warnings: [expect.stringContaining("--credential-from")] });
});

test("--delete-source deletes the source at the end; a run after that keeps the credential", async () => {
  await run(["install", "--credential-from", source, "--delete-source"]);
  expect(existsSync(source)).toBe(false);
  const again = await run(["install", "--credential-from", source, "--delete-source"], inPlace);
  expect(again.document).toMatchObject({ warnings: [expect.stringContaining("does not exist")] });
  expect(request?.credential).toBeUndefined();
});

test("--delete-source does not delete the credential in place", async () => {
  writeFileSync(join(folder, "credential.json"), credential);
  const link = join(folder, "link.json");
  symlinkSync("credential.json", link);
  for (const file of [join(folder, "credential.json"), link]) {
    expect(await mistake(["install", "--credential-from", file, "--delete-source"])).toMatch(
      /^invalid-value: .* the installed credential/,
    );
  }
  expect(readFileSync(join(folder, "credential.json"), "utf8")).toBe(credential);
});

test("a source that others could read is reported, and still used", async () => {
  const readProtected = (path: string) =>
    path === source ? failed(path, new AgentError("credentials-exposed", "mode 0644")) : absent(path, "none");
  const { document } = await run(["install", "--credential-from", source], { readProtected });
  expect(document).toMatchObject({ outcome: "installed", warnings: [expect.stringContaining(source)] });
});

test("if a step fails, all earlier steps are undone, also for the credential's source", async () => {
  const failing: InstallStep = {
    ...step("trigger"),
    apply: () => {
      throw new AgentError("install-failed", "no room");
    },
  };
  const others = { installSteps: async () => [step("settings"), step("credential"), failing, step("never")] };
  expect(await mistake(["install", "--credential-from", source, "--delete-source"], others)).toBe(
    "install-failed: no room",
  );
  expect(done).toEqual(["settings", "credential", "undo credential", "undo settings"]);
  expect(readFileSync(source, "utf8")).toBe(credential);
});

test("a step that could not be undone is reported, and the rest is undone", async () => {
  const failing = (what: string) => () => {
    throw new AgentError("install-failed", what);
  };
  const stuck: InstallStep = { ...step("credential"), apply: () => failing("stuck") };
  const steps = [step("settings"), stuck, { ...step("trigger"), apply: failing("no room") }];
  const others = { installSteps: async () => steps };
  expect(await mistake(["install"], others)).toMatch(/^install-failed: no room\nNot all .* could be undone: stuck$/);
  expect(done).toEqual(["settings", "undo settings"]);
});

test.each([
  [["--fleet-size", "0"], "invalid-value: flag --fleet-size: "],
  [["--config", "/x"], "invalid-value: --config can't be used with this command"],
  [["--credential-from", "-", "--delete-source"], "invalid-value: --delete-source needs a file"],
  [
    ["--credential-from", "/nonexistent/c"],
    "credentials-unreadable: The credential can't be read from /nonexistent/c: no such file or folder",
  ],
  [["--credential-from", "/nonexistent/c", "--delete-source"], "credentials-unreadable: "],
] as const)("refuses %j before anything is done", async (args, message) => {
  expect(await mistake(["install", ...args])).toContain(message);
  expect(done).toEqual([]);
});

test.each([
  ['{"clientSecret": 5}', "credentials-invalid: clientSecret in "],
  [
    secret,
    'it is not valid JSON (line 1, column 1); it must contain {"clientId": …, "clientSecret": …} or {"accessToken": …}.',
  ],
  [`{"clientSecret": "${secret}"}`, "but no client ID: put clientId in the same place"],
  [`{"accessToken": "${"x".repeat(70_000)}"}`, "is larger than 64 KiB"],
])("refuses a credential that could not be used, without quoting it", async (text, message) => {
  writeFileSync(source, text);
  const reported = await mistake(["install", "--credential-from", source]);
  expect(reported).toContain(message);
  expect(reported).not.toContain(secret);
  expect(done).toEqual([]);
});

test("a client ID may come with the settings", async () => {
  writeFileSync(source, `\uFEFF{"clientSecret": "${secret}"}`);
  await run(["install", "--credential-from", source, "--client-id", "key"]);
  expect(request?.credential?.reveal()).toBe(`{"clientSecret": "${secret}"}\n`);
});

test("a credential that the settings would not use is refused", async () => {
  writeFileSync(configFile, '{"credentialFile": "/elsewhere/c.json"}');
  expect(await mistake(["install", "--credential-from", source])).toContain("/elsewhere/c.json");
});

test.each([
  ["not json", "settings-unreadable"],
  ['{"fleetsize": 3}', "setting-unknown"],
])("a settings file that could not be used is refused as a whole: %s", async (text, code) => {
  writeFileSync(configFile, text);
  expect(await mistake(["install", "--base-url", "https://x.example.com"])).toMatch(new RegExp(`^${code}: `));
  expect(done).toEqual([]);
});

test("settings that the trigger's run can't use are refused before anything is done", async () => {
  const judged: unknown[] = [];
  const unusableForTrigger: Platform["unusableForTrigger"] = ({ settings: { caFile }, origins }) => {
    judged.push(caFile, origins.caFile.text);
    return new AgentError("settings-hidden", "it may not read it");
  };
  const reported = await mistake(["install", "--ca-file", "/root/ca.pem"], { unusableForTrigger });
  expect(reported).toBe("settings-hidden: it may not read it");
  expect(judged).toEqual(["/root/ca.pem", `file ${configFile}, caFile`]);
  expect(request).toBeUndefined();
});

test("a settings file that others may change is refused", async () => {
  const finding = `${configFile} can be changed by ordinary users: its folder is.`;
  const error = new AgentError("settings-exposed", finding, { remedy: "chmod go-w /folder" });
  expect(await mistake(["install"], { readTrusted: () => failed("fake", error) })).toBe(
    `settings-exposed: The settings file ${configFile} can be changed by ordinary users: its folder is. Run chmod go-w /folder`,
  );
});

test.each(["install", "uninstall"])("%s is for administrators alone", async (command) => {
  expect(await mistake([command, "--dry-run"], {}, false)).toContain(`sudo linkuser-agent ${command}`);
  expect(await mistake([command], { name: "windows" }, false)).toContain("elevated");
});

test.each(["install", "uninstall"])("%s refuses a value that its setting does not take", async (command) => {
  expect(await mistake([command, "--deadline", "soon"])).toMatch(/^invalid-value: flag --deadline: "soon"/);
});

test("uninstall refuses settings, which have no effect on it", async () => {
  expect(await mistake(["uninstall", "--purge", "--state-dir", "/x"])).toMatch(
    /^invalid-value: --state-dir has no effect on uninstall/,
  );
});

test("uninstall removes the trigger and the credential, with --purge the rest", async () => {
  expect((await run(["uninstall"])).document).toMatchObject({ outcome: "uninstalled", steps: [{ what: "trigger" }] });
  expect((await run(["uninstall", "--purge"])).document).toMatchObject({
    steps: [{ what: "trigger" }, { what: "state" }],
  });
  expect(done).toEqual(["trigger", "trigger", "state"]);
  expect(
    (await run(["uninstall"], { uninstallSteps: async () => [step("trigger", "absent")] })).document,
  ).toMatchObject({
    message: "Nothing to change.",
  });
});

test("settings that no administrator put there are not merged, and do not stop an installation", async () => {
  writeFileSync(configFile, '{"baseUrl":"https://evil.example"}');
  const exposed = failed(configFile, new AgentError("settings-exposed", "ordinary users can change it"));
  const others: Partial<Platform> = { readTrusted: () => exposed, settingsArePlanted: async () => true };
  await run(["install", "--fleet-size", "5"], others);
  expect(request?.settings).toBe('{\n  "fleetSize": 5\n}\n');
  const own = { ...others, settingsArePlanted: async () => false };
  await expect(run(["install", "--fleet-size", "5"], own)).rejects.toMatchObject({ code: "settings-exposed" });
});
