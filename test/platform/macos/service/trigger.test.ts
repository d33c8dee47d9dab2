import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { readTrigger } from "../../../../agent/platform/macos/service/trigger.ts";
import type { RunTool } from "../../../../agent/platform/macos/tools.ts";

const job = fileURLToPath(import.meta.url);

/** launchd with or without the job, and the job's line in `print-disabled`. */
const launchd =
  (loaded: boolean, line = ""): RunTool =>
  (_tool, command) => {
    if (command === "print-disabled") return `disabled services = {\n\t"com.apple.ftpd" => disabled\n${line}}\n`;
    if (!loaded) throw new AgentError("identity-unreadable", "/bin/launchctl ended with 113: Could not find service");
    return "system/com.linkuser.agent = {\n";
  };

test("the trigger is the job's property list", () => {
  expect(readTrigger(launchd(true), job)).toMatchObject({ kind: "found", value: job });
  expect(readTrigger(launchd(true), join(job, "none.plist"))).toMatchObject({ kind: "absent" });
  expect(readTrigger(launchd(true), import.meta.dirname)).toMatchObject({ kind: "absent" });
});

const enable = "sudo launchctl enable system/com.linkuser.agent";
const bootstrap = `sudo launchctl bootstrap system ${job}`;

test.each([
  ["is disabled and gone", false, '\t"com.linkuser.agent" => disabled\n', `${enable} && ${bootstrap}`],
  ["is disabled from the next start on", true, '\t"com.linkuser.agent" => true\n', enable],
  ["was booted out", false, "", bootstrap],
  ["was enabled again, but not loaded", false, '\t"com.linkuser.agent" => enabled\n', bootstrap],
])("a job that %s fails with the command that undoes it", (_, loaded, line, remedy) => {
  expect(readTrigger(launchd(loaded, line), job)).toMatchObject({
    kind: "failed",
    error: { code: "install-failed", remedy },
  });
});

test("a job of another name, or one that was enabled again, does not count as disabled", () => {
  for (const line of ['\t"com.linkuser.agent.other" => disabled\n', '\t"com.linkuser.agent" => false\n']) {
    expect(readTrigger(launchd(true, line), job)).toMatchObject({ kind: "found" });
  }
});

test("a launchctl that fails is reported", () => {
  const broken: RunTool = () => {
    throw new AgentError("identity-unreadable", "/bin/launchctl is not there");
  };
  expect(readTrigger(broken, job)).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
});
