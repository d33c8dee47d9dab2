import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { noCredential } from "../../../agent/platform/linux/paths.ts";
import { createLinuxPlatform, type LinuxOptions } from "../../../agent/platform/linux/platform.ts";
import { makeRoot } from "./tree.ts";

const dynamicUid = 61_200;
const services = {
  "run/systemd/dynamic-uid/61200": "linkuser-agent\n",
  "etc/passwd": "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\nlinkuser-agent:x:997:997::/:/usr/sbin/nologin\n",
};

function platform(options: LinuxOptions) {
  return createLinuxPlatform({
    root: "/nowhere",
    environment: { HOME: "/home/alice" },
    uid: 0,
    effectiveUid: 0,
    ...options,
  });
}

test("root keeps its files in the system's folders", () => {
  expect(platform({ environment: {} }).paths).toEqual({
    configFile: "/nowhere/etc/linkuser-agent/config.json",
    credentialFile: "/nowhere/etc/linkuser-agent/credential.json",
    stateDir: "/nowhere/var/lib/linkuser-agent",
    logFile: "/nowhere/var/log/linkuser-agent/linkuser-agent.log",
  });
});

test.each([dynamicUid, 997])("a service with the user ID %i keeps its files in systemd's folders", (uid) => {
  const environment = {
    STATE_DIRECTORY: "/var/lib/private/linkuser-agent:/var/lib/two",
    LOGS_DIRECTORY: "/var/log/private/x",
  };
  expect(platform({ root: makeRoot(services), uid, effectiveUid: uid, environment }).paths).toMatchObject({
    stateDir: "/var/lib/private/linkuser-agent",
    logFile: "/var/log/private/x/linkuser-agent.log",
  });
});

test.each([
  [{ HOME: "/home/alice" }, "/home/alice/.local/state/linkuser-agent"],
  [{ HOME: "/home/alice", XDG_STATE_HOME: "/data/state" }, "/data/state/linkuser-agent"],
  [{ HOME: "/home/alice", XDG_STATE_HOME: "relative" }, "/home/alice/.local/state/linkuser-agent"],
  [{ HOME: "/home/alice", STATE_DIRECTORY: "/elsewhere" }, "/home/alice/.local/state/linkuser-agent"],
])("a person with %j keeps state in %s", (environment, stateDir) => {
  expect(platform({ uid: 1000, effectiveUid: 1000, environment }).paths.stateDir).toBe(stateDir);
});

test("a file that distinguishes people from services and can't be read is reported", () => {
  const root = makeRoot({ "etc/passwd": "jane:x:1000:1000::/:/bin/sh\n", "etc/login.defs/in-the-way": "" });
  expect(() => platform({ root, uid: 1000, effectiveUid: 1000 })).toThrow(
    expect.objectContaining({ code: "identity-unreadable", message: expect.stringMatching(/login\.defs .*EISDIR/) }),
  );
});

test("a credential that systemd passes is taken instead of the file", () => {
  const credentials = makeRoot({ "credential.json": "{}" });
  expect(platform({ environment: { CREDENTIALS_DIRECTORY: credentials } }).paths.credentialFile).toBe(
    join(credentials, "credential.json"),
  );
  expect(platform({ environment: { CREDENTIALS_DIRECTORY: "/none" } }).paths.credentialFile).toBe(
    "/nowhere/etc/linkuser-agent/credential.json",
  );
  const without = makeRoot({ "credential.json": noCredential });
  expect(platform({ environment: { CREDENTIALS_DIRECTORY: without } }).paths.credentialFile).toBe(
    "/nowhere/etc/linkuser-agent/credential.json",
  );
});

test.each(["credential.json", "client-key.pem"])("%s that a setting names is read from the copy, too", (name) => {
  const credentials = makeRoot({ [name]: "the copy" });
  chmodSync(join(credentials, name), 0o600);
  const environment = { CREDENTIALS_DIRECTORY: credentials };
  const service = platform({ uid: dynamicUid, effectiveUid: process.geteuid?.() ?? 0, environment });
  const readingOf = (path: string) => service.readProtected(path);
  expect(readingOf(join("/nowhere/etc/linkuser-agent", name))).toMatchObject({ kind: "found", value: "the copy" });
  expect(readingOf(join("/nowhere/elsewhere", name))).toMatchObject({ kind: "absent" });
});

test("a copy is not used if others may read its original", () => {
  const credentials = makeRoot({ "credential.json": "{}" });
  chmodSync(join(credentials, "credential.json"), 0o600);
  const root = makeRoot({ "etc/linkuser-agent/credential.json": "{}" });
  const original = join(root, "etc/linkuser-agent/credential.json");
  const environment = { CREDENTIALS_DIRECTORY: credentials };
  const service = platform({ root, uid: dynamicUid, effectiveUid: process.geteuid?.() ?? 0, environment });
  chmodSync(original, 0o640);
  expect(service.readProtected(service.paths.credentialFile)).toMatchObject({
    kind: "failed",
    error: { code: "credentials-exposed", message: expect.stringContaining(`chmod 600 ${original}`) },
  });
  chmodSync(original, 0o600);
  expect(service.readProtected(service.paths.credentialFile)).toMatchObject({ kind: "found" });
  rmSync(original);
  expect(service.readProtected(service.paths.credentialFile)).toMatchObject({ kind: "found" });
});

test.each([
  [0, "absent"],
  [1, "absent"],
  [dynamicUid, "absent"],
  [997, "absent"],
  [1000, "found"],
  [62_001, "found"],
  [101_103, "found"],
])("the caller with the user ID %i is %s", async (uid, kind) => {
  expect(await platform({ root: makeRoot(services), uid, effectiveUid: uid }).caller()).toMatchObject({ kind });
});

test("under sudo the caller is root, regardless of the environment", async () => {
  const environment = { SUDO_USER: "alice", SUDO_UID: "1000", USER: "alice", LOGNAME: "alice" };
  expect(await platform({ environment }).caller()).toMatchObject({ kind: "absent" });
});

test.each([
  ['{"fleetSize":2000}', { kind: "found", value: { values: { fleetSize: 2000 } } }],
  ["[]", { kind: "failed", error: { code: "settings-unreadable" } }],
  ["{", { kind: "failed", error: { code: "settings-unreadable" } }],
])("the policy %s", (text, expected) => {
  const root = makeRoot({ "etc/linkuser-agent/policy.json": text });
  expect(platform({ root, effectiveUid: process.geteuid?.() ?? 0 }).policy()).toMatchObject(expected);
});

test("a policy that others may change is refused, none is absent", () => {
  const root = makeRoot({ "etc/linkuser-agent/policy.json": "{}" });
  chmodSync(join(root, "etc/linkuser-agent/policy.json"), 0o666);
  expect(platform({ root, effectiveUid: process.geteuid?.() ?? 0 }).policy()).toMatchObject({ kind: "failed" });
  expect(platform({}).policy()).toMatchObject({ kind: "absent" });
});
