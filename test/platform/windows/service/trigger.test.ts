import { expect, test } from "vitest";
import { parseTask } from "../../../../agent/platform/windows/service/parse-task.ts";
import { taskDefinition, taskFileContent } from "../../../../agent/platform/windows/service/task-definition.ts";
import { readTrigger } from "../../../../agent/platform/windows/service/trigger.ts";

const installed = taskDefinition("C:\\Program Files\\LinkUserAgent\\linkuser-agent.exe");
const read = (definition: string) => readTrigger("C:\\Windows\\System32", () => taskFileContent(definition));

/** As Windows writes it: the last `Enabled` is that of the task, the first one that of the logon trigger. */
const disabled = installed.replace(/<Enabled>true(<\/Enabled>\s*<Hidden>)/, "<Enabled>false$1");
const withoutLogon = installed.replace(/(<LogonTrigger>\s*<Enabled>)true/, "$1false");

test("the installed task is found", () => {
  expect(read(installed)).toMatchObject({ kind: "found", value: "scheduled task LinkUserAgent" });
});

test("a disabled task fails with the command that enables it", () => {
  expect(disabled).not.toBe(installed);
  expect(read(disabled)).toMatchObject({
    kind: "failed",
    error: { code: "install-failed", remedy: "schtasks /Change /TN LinkUserAgent /ENABLE" },
  });
});

test("so does a task whose logon trigger is disabled", () => {
  expect(withoutLogon).not.toBe(installed);
  expect(read(withoutLogon)).toMatchObject({ kind: "failed", error: { remedy: "linkuser-agent install" } });
});

test("a missing task is absent, an unreadable one failed", () => {
  const failing = (code: string) =>
    readTrigger("C:\\Windows\\System32", () => {
      throw Object.assign(new Error(code), { code });
    });
  expect(failing("ENOENT")).toMatchObject({ kind: "absent" });
  expect(failing("EACCES")).toMatchObject({ kind: "failed", error: { code: "settings-unreadable" } });
});

test.each([
  ["<Task><Settings/><Triggers><LogonTrigger /></Triggers></Task>", { enabled: true, atLogon: true }],
  ["<Settings>\n <Enabled> 0 </Enabled></Settings><LogonTrigger></LogonTrigger>", { enabled: false, atLogon: true }],
  ["<!-- <Enabled>false</Enabled> --><Settings></Settings>", { enabled: true, atLogon: true }],
  ["<LogonTrigger><Enabled>false</Enabled></LogonTrigger><LogonTrigger id='b'/>", { enabled: true, atLogon: true }],
  ["<LogonTriggers><Enabled>false</Enabled></LogonTriggers>", { enabled: true, atLogon: true }],
])("what is left out is on: %s", (definition, state) => {
  expect(parseTask(Buffer.from(definition))).toEqual(state);
  expect(parseTask(taskFileContent(definition))).toEqual(state);
});
