import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTrigger } from "../../../../agent/platform/linux/service/trigger.ts";
import { makeRoot } from "../tree.ts";

const unit = "usr/lib/systemd/system/linkuser-agent@.service";
const dropIn = "usr/lib/systemd/system/session-.scope.d/50-linkuser-agent.conf";

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
