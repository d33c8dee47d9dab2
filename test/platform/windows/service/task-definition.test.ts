import { DOMParser, type Element } from "@xmldom/xmldom";
import { expect, test } from "vitest";
import { taskDefinition, taskFileContent } from "../../../../agent/platform/windows/service/task-definition.ts";

/** The scheduled task by the rules of [MS-TSCH] 2.5. */

const executable = "C:\\Program Files\\R&D <1>\\linkuser-agent.exe";

const document = new DOMParser({
  onError: (level, message) => {
    throw new Error(`${level}: ${message}`);
  },
}).parseFromString(taskDefinition(executable), "text/xml");

const all = (name: string): Element[] => [...document.getElementsByTagName(name)];
const text = (name: string): string | undefined => all(name)[0]?.textContent ?? undefined;

/** The elements whose children are an `xs:sequence`. */
const ofTriggers = ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit"];
const sequences: Readonly<Record<string, readonly string[]>> = {
  LogonTrigger: [...ofTriggers, "UserId", "Delay"],
  TimeTrigger: [...ofTriggers, "RandomDelay"],
  Exec: ["Command", "Arguments", "WorkingDirectory"],
};

test.each(Object.keys(sequences))("%s has its children in the schema's order", (name) => {
  const order = sequences[name] ?? [];
  const names = [...(all(name)[0]?.childNodes ?? [])].filter((one) => one.nodeType === 1).map((one) => one.nodeName);
  expect(names).not.toEqual([]);
  expect(order.filter((one) => names.includes(one))).toEqual(names);
});

test("runs as SYSTEM at every user's logon, and repeatedly", () => {
  expect(text("UserId")).toBe("S-1-5-18");
  expect(all("LogonTrigger")[0]?.getElementsByTagName("UserId").length).toBe(0);
  expect(text("Interval")).toBe("PT15M");
  // Without a duration it repeats for ever.
  expect(all("Duration")).toEqual([]);
  expect(text("Arguments")).toBe("link --will-repeat");
});

test("starts the executable by its path, with any characters", () => {
  expect(text("Command")).toBe(executable);
  expect(text("WorkingDirectory")).toBe("C:\\Program Files\\R&D <1>");
});

test("no condition of the Task Scheduler stops it: battery, idle, network, time", () => {
  const settings = Object.fromEntries(
    [...(all("Settings")[0]?.getElementsByTagName("*") ?? [])].map((one) => [one.nodeName, one.textContent]),
  );
  expect(settings).toMatchObject({
    DisallowStartIfOnBatteries: "false",
    StopIfGoingOnBatteries: "false",
    RunOnlyIfNetworkAvailable: "false",
    StopOnIdleEnd: "false",
    RunOnlyIfIdle: "false",
    ExecutionTimeLimit: "PT0S",
    Hidden: "true",
    StartWhenAvailable: "true",
    MultipleInstancesPolicy: "Queue",
  });
});

test("is written as UTF-16 with a byte order mark, as its declaration says", () => {
  const bytes = taskFileContent(taskDefinition(executable));
  expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xfe]);
  expect(bytes.toString("utf16le")).toContain('encoding="UTF-16"');
});
