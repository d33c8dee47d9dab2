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
  const root = makeRoot({ [unit]: "[Unit]\n", [dropIn]: "[Unit]\n" });
  expect(readTrigger(root)).toMatchObject({ kind: "found", value: join(root, unit) });
});

test("an administrator's own unit comes before the package's", () => {
  const own = "etc/systemd/system/linkuser-agent@.service";
  const root = makeRoot({ [unit]: "[Unit]\n", [own]: "[Unit]\n", [dropIn]: "[Unit]\n" });
  expect(readTrigger(root)).toMatchObject({ kind: "found", value: join(root, own) });
});

test.each([
  ["nothing is installed", {}, "no linkuser-agent@.service"],
  [
    "no session wants the unit",
    { [unit]: "[Unit]\n" },
    expect.stringContaining("nothing in session-.scope.d wants it"),
  ],
  ["the unit is missing", { [dropIn]: "[Unit]\n" }, "no linkuser-agent@.service"],
])("absent if %s", (_why, tree, reason) => {
  expect(readTrigger(makeRoot(tree))).toMatchObject({ kind: "absent", reason });
});

const inEtc = "etc/systemd/system";

test.each([
  ["the unit", "linkuser-agent@.service"],
  ["the timer", "linkuser-agent.timer"],
  ["the timer's service", "linkuser-agent.service"],
  ["the drop-in", "session-.scope.d/50-linkuser-agent.conf"],
])("failed if %s is masked, with the command that undoes it", (_what, name) => {
  const all = { [unit]: "[Unit]\n", [dropIn]: "[Unit]\n", [`${inEtc}/session-.scope.d/`]: "" };
  const linked = makeRoot(all);
  symlinkSync("/dev/null", join(linked, inEtc, name));
  const empty = makeRoot({ ...all, [`${inEtc}/${name}`]: "" });
  for (const root of [linked, empty]) {
    const remedy = `rm ${join(root, inEtc, name)} && systemctl daemon-reload`;
    expect(readTrigger(root)).toMatchObject({ kind: "failed", error: { code: "install-failed", remedy } });
  }
});

test("failed if the timer is disabled, with the command that enables it", () => {
  const timer = "usr/lib/systemd/system/linkuser-agent.timer";
  const root = makeRoot({
    [unit]: "[Unit]\n",
    [dropIn]: "[Unit]\n",
    [timer]: "[Timer]\n",
    [`${inEtc}/timers.target.wants/`]: "",
  });
  const remedy = "systemctl enable --now linkuser-agent.timer";
  expect(readTrigger(root)).toMatchObject({ kind: "failed", error: { code: "install-failed", remedy } });
  symlinkSync(join(root, timer), join(root, inEtc, "timers.target.wants/linkuser-agent.timer"));
  expect(readTrigger(root)).toMatchObject({ kind: "found" });
});

test("a drop-in of another name wants the unit, though one is masked", () => {
  const root = makeRoot({
    [unit]: "[Unit]\n",
    [dropIn]: "[Unit]\n",
    [`${inEtc}/session-.scope.d/60-linkuser-agent.conf`]: "[Unit]\n",
  });
  symlinkSync("/dev/null", join(root, inEtc, "session-.scope.d/50-linkuser-agent.conf"));
  expect(readTrigger(root)).toMatchObject({ kind: "found" });
});

test.each([
  ["its folder", "", 0o700, "chmod 755 "],
  ["the settings file", "config.json", 0o600, "chmod 644 "],
  ["the policy", "policy.json", 0o640, "chmod 644 "],
])("failed if the service may not read %s, with the command that lets it", (_what, name, mode, command) => {
  const folder = "etc/linkuser-agent";
  const root = makeRoot({
    [unit]: "[Unit]\n",
    [dropIn]: "[Unit]\n",
    [`${folder}/config.json`]: "{}",
    [`${folder}/policy.json`]: "{}",
  });
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
])("failed if the services' account %s", (_, tree, given, said) => {
  const reading = readTrigger(makeRoot({ [unit]: "[Unit]\n", [dropIn]: "[Unit]\n", ...tree }), given);
  expect(reading).toMatchObject({ kind: "failed", error: { code: "install-failed" } });
  const { message, remedy = "" } = (reading as Extract<typeof reading, { kind: "failed" }>).error;
  expect(`${message} ${remedy}`).toContain(said);
});

test.each([
  ["the files come first", { "etc/nsswitch.conf": "passwd: files sss\n" }, 70_001],
  ["the directory comes first and gives the same", sssFirst, 997],
])("found where %s", (_, tree, given) => {
  expect(readTrigger(makeRoot({ [unit]: "[Unit]\n", [dropIn]: "[Unit]\n", ...tree }), given)).toMatchObject({
    kind: "found",
  });
});
