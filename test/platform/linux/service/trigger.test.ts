import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTrigger as read } from "../../../../agent/platform/linux/service/trigger.ts";
import { makeRoot as makeTree, type Tree } from "../tree.ts";

const unit = "usr/lib/systemd/system/linkuser-agent@.service";
const dropIn = "usr/lib/systemd/system/session-.scope.d/50-linkuser-agent.conf";

const passwd = "linkuser-agent:x:997:997::/:/usr/sbin/nologin\n";
const readTrigger = (root: string, given?: number) => read(root, { ask: () => given });
const makeRoot = (tree: Tree) => makeTree({ "etc/passwd": passwd, ...tree });

test("a unit that sessions want is the trigger", () => {
  const root = makeRoot({ [unit]: "", [dropIn]: "" });
  expect(readTrigger(root)).toMatchObject({ kind: "found", value: join(root, unit) });
});

test("an administrator's own unit comes before the package's", () => {
  const own = "etc/systemd/system/linkuser-agent@.service";
  const root = makeRoot({ [unit]: "", [own]: "", [dropIn]: "" });
  expect(readTrigger(root)).toMatchObject({ kind: "found", value: join(root, own) });
});

test.each([
  ["nothing is installed", {}, "no linkuser-agent@.service"],
  ["no session wants the unit", { [unit]: "" }, expect.stringContaining("nothing in session-.scope.d wants it")],
  ["the unit is missing", { [dropIn]: "" }, "no linkuser-agent@.service"],
])("absent where %s", (_why, tree, reason) => {
  expect(readTrigger(makeRoot(tree))).toMatchObject({ kind: "absent", reason });
});

test("absent where the unit is masked", () => {
  const root = makeRoot({ [unit]: "", [dropIn]: "", "etc/systemd/system/": "" });
  symlinkSync("/dev/null", join(root, "etc/systemd/system/linkuser-agent@.service"));
  expect(readTrigger(root)).toMatchObject({ kind: "absent", reason: expect.stringContaining("is masked") });
});

test.each([
  ["its folder", "", 0o700, "chmod 755 "],
  ["the settings file", "config.json", 0o600, "chmod 644 "],
  ["the policy", "policy.json", 0o640, "chmod 644 "],
])("failed where the service may not read %s, with the command that lets it", (_what, name, mode, command) => {
  const folder = "etc/linkuser-agent";
  const root = makeRoot({ [unit]: "", [dropIn]: "", [`${folder}/config.json`]: "{}", [`${folder}/policy.json`]: "{}" });
  expect(readTrigger(root)).toMatchObject({ kind: "found" });
  const path = join(root, folder, name);
  chmodSync(path, mode);
  const reading = readTrigger(root);
  expect(reading).toMatchObject({ kind: "failed", error: { code: "settings-hidden", outcome: "config-invalid" } });
  expect(reading).toMatchObject({ error: { remedy: `${command}${path}` } });
  chmodSync(path, 0o755);
});

const sssFirst = { "etc/nsswitch.conf": "passwd: sss files\n" };

test.each([
  ["is missing", { "etc/passwd": "" }, undefined, "linkuser-agent install"],
  ["is a person's", { "etc/passwd": "linkuser-agent:x:1001:1001::/home/l:/bin/bash\n" }, undefined, "Rename or remove"],
  ["can log on", { "etc/passwd": "linkuser-agent:x:997:997::/:/bin/bash\n" }, undefined, "Rename or remove"],
  ["is root by another name", { "etc/passwd": "linkuser-agent:x:0:0::/:/usr/sbin/nologin\n" }, undefined, "Rename"],
  ["shares its number", { "etc/passwd": `${passwd}oracle:x:997:997::/:/bin/sh\n` }, undefined, "Rename or remove"],
  ["is another in the directory, which comes first", sssFirst, 70_001, "70001 in NSS"],
  ["is not known to the directory, which comes first", sssFirst, undefined, "none in NSS"],
])("failed where the services' account %s", (_, tree, given, said) => {
  const reading = readTrigger(makeRoot({ [unit]: "", [dropIn]: "", ...tree }), given);
  expect(reading).toMatchObject({ kind: "failed", error: { code: "install-failed" } });
  const { message, remedy = "" } = (reading as Extract<typeof reading, { kind: "failed" }>).error;
  expect(`${message} ${remedy}`).toContain(said);
});

test.each([
  ["the files come first", { "etc/nsswitch.conf": "passwd: files sss\n" }, 70_001],
  ["the directory comes first and gives the same", sssFirst, 997],
])("found where %s", (_, tree, given) => {
  expect(readTrigger(makeRoot({ [unit]: "", [dropIn]: "", ...tree }), given)).toMatchObject({ kind: "found" });
});
