import { statSync } from "node:fs";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import { taskName } from "./task-definition.ts";

const origin = "Task Scheduler";

/** Where Windows keeps the task's definition; whether somebody disabled it is the scheduler's to say. */
export function taskFile(systemDirectory: string): string {
  return `${systemDirectory}\\Tasks\\${taskName}`;
}

/** The scheduled task; only administrators may look. */
export function readTrigger(systemDirectory: string): Reading<string> {
  const path = taskFile(systemDirectory);
  try {
    return statSync(path).isFile() ? found(`scheduled task ${taskName}`, origin) : absent(origin, `${path} is no file`);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT") return absent(origin, `no scheduled task ${taskName}`);
    return failed(origin, new AgentError("settings-unreadable", `${path} can't be read (${code}).`, { cause }));
  }
}
