import { chmodSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { tryLock } from "../../../agent/platform/macos/lock.ts";
import { createMacosPlatform, type MacosOptions } from "../../../agent/platform/macos/platform.ts";
import { managedPreferences } from "../../../agent/platform/macos/policy.ts";
import type { RunTool } from "../../../agent/platform/macos/tools.ts";
import { settingNames } from "../../../agent/settings/table.ts";
import { makeRoot } from "../linux/tree.ts";

const own = process.geteuid?.() ?? 0;

function platform(options: MacosOptions = {}) {
  const run: RunTool = () => {
    throw new AgentError("identity-unreadable", "no tool here");
  };
  return createMacosPlatform({ uid: 0, effectiveUid: own, runTool: run, openedByList: () => undefined, ...options });
}

test("root and services keep their files in the machine's folder, a person in a personal one", () => {
  const folder = "/Library/Application Support/LinkUserAgent";
  expect(platform({ effectiveUid: 0 }).paths).toEqual({
    configFile: `${folder}/config.json`,
    credentialFile: `${folder}/credential.json`,
    stateDir: folder,
    logFile: `${folder}/linkuser-agent.log`,
  });
  const person = platform({ uid: 501, effectiveUid: 501, home: () => "/Users/alice" });
  expect(person.paths).toMatchObject({
    configFile: `${folder}/config.json`,
    stateDir: `/Users/alice${folder}`,
    logFile: `/Users/alice${folder}/linkuser-agent.log`,
  });
});

test.each([
  [0, "absent"],
  [248, "absent"],
  [501, "found"],
])("the caller with the user ID %i is %s", async (uid, kind) => {
  expect(await platform({ uid, effectiveUid: uid, home: () => "/Users/x" }).caller()).toMatchObject({ kind });
});

function policyFrom(text: string, mode = 0o644) {
  const path = join(makeRoot({ "com.linkuser.agent.plist": "bplist00" }), "com.linkuser.agent.plist");
  chmodSync(path, mode);
  const run: RunTool = (tool, ...parameters) => {
    expect([tool, parameters.at(-1)]).toEqual(["plutil", path]);
    return text;
  };
  return platform({ managedPreferences: path, runTool: run }).policy();
}

test("managed preferences are the policy, without the profile's own keys", () => {
  const json = '{"fleetSize":2000,"identify":["mac"],"allowMultiSession":true,"PayloadUUID":"X","PayloadType":"Y"}';
  expect(policyFrom(json)).toMatchObject({
    kind: "found",
    value: { spelling: "file", values: { fleetSize: 2000, identify: ["mac"], allowMultiSession: true } },
  });
  expect(settingNames.filter((name) => name.startsWith("Payload"))).toEqual([]);
});

test.each(["[]", "null", "", "com.linkuser.agent.plist: invalid object in plist for destination format"])(
  "managed preferences that plutil gives as %j are refused",
  (text) => {
    expect(policyFrom(text)).toMatchObject({ kind: "failed", error: { code: "settings-unreadable" } });
  },
);

test("managed preferences that others may change are refused; without a profile there are none", () => {
  expect(policyFrom("{}", 0o666)).toMatchObject({ kind: "failed" });
  expect(platform({ managedPreferences: "/nowhere/com.linkuser.agent.plist" }).policy()).toMatchObject({
    kind: "absent",
  });
  expect(managedPreferences).toBe("/Library/Managed Preferences/com.linkuser.agent.plist");
});

test("a file that an access list opens is refused with the remedy, quoted for a shell", () => {
  const root = realpathSync(makeRoot({ "Application Support/credential.json": "{}" }));
  const path = join(root, "Application Support/credential.json");
  chmodSync(path, 0o600);
  expect(platform().readProtected(path)).toMatchObject({ kind: "found" });
  chmodSync(path, 0o644);
  expect(platform().readProtected(path)).toMatchObject({
    error: { message: expect.stringContaining(`chmod 600 '${path}'`) },
  });
  chmodSync(path, 0o600);
  for (const opened of [path, root]) {
    const openedByList = (asked: string) =>
      asked === opened ? { why: "an access list lets others in", remedy: "chmod -N" } : undefined;
    expect(platform({ openedByList }).readProtected(path)).toMatchObject({ error: { code: "credentials-exposed" } });
    expect(platform({ openedByList }).readTrusted(path)).toMatchObject({ error: { remedy: "chmod -N" } });
  }
});

test("an access list that can't be read is a failure", () => {
  const path = join(makeRoot({ "credential.json": "{}" }), "credential.json");
  chmodSync(path, 0o600);
  const openedByList = () => {
    throw new AgentError("credentials-unreadable", "errno 13");
  };
  expect(platform({ openedByList }).readProtected(path)).toMatchObject({ error: { code: "credentials-unreadable" } });
});

test("the lock is taken while the file is opened, and refused while another holds it", () => {
  const path = join(makeRoot(), "lock");
  const flags: number[] = [];
  const held = tryLock(path, (name, wanted, mode) => {
    flags.push(wanted);
    // Linux knows 0x20 as another flag.
    return openSync(name, wanted & ~0x20, mode);
  });
  expect(held.kind).toBe("found");
  if (held.kind === "found") held.value[Symbol.dispose]();
  expect((flags[0] ?? 0) & 0x20).toBe(0x20);
  const refusing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  expect(tryLock(path, refusing("EAGAIN"))).toMatchObject({ kind: "absent" });
  expect(tryLock(path, refusing("ENOTSUP"))).toMatchObject({ kind: "failed", error: { code: "state-busy" } });
});

test("outcomes go to the system log, in one line, with percent signs that ask for nothing", () => {
  const written: [number, string][] = [];
  const { reportEvent } = platform({ writeLog: (priority, message) => written.push([priority, message]) });
  expect(reportEvent("linked", "alice at 100%s\n!")).toMatchObject({ kind: "found" });
  reportEvent("unreachable", "no name");
  reportEvent("credentials", "none");
  expect(written).toEqual([
    [5, "linked: alice at 100%%s\\u{a}!"],
    [4, "unreachable: no name"],
    [3, "credentials: none"],
  ]);
  const failing = () => {
    throw new Error("no library");
  };
  expect(platform({ writeLog: failing }).reportEvent("linked", "")).toMatchObject({ kind: "failed" });
});
