import { AgentError, systemErrorCode } from "../../../errors.ts";
import { readFileAt, whyNot } from "../../../files/open-file.ts";
import { maxFileSize } from "../../../files/unreadable.ts";
import { absent, failed, failedBy, found, type Reading } from "../../../reading.ts";
import { parseTask } from "./parse-task.ts";
import { taskName } from "./task-definition.ts";

const origin = "Task Scheduler";

/** Where Windows keeps the task's definition. */
export const taskFile = (systemDirectory: string): string => `${systemDirectory}\\Tasks\\${taskName}`;

/** The scheduled task, unless it is disabled; only administrators may read it. */
export function readTrigger(systemDirectory: string, readFile = readTaskFile): Reading<string> {
  const path = taskFile(systemDirectory);
  try {
    const { enabled, atLogon } = parseTask(readFile(path));
    if (!enabled) return failed(origin, off("is disabled", `schtasks /Change /TN ${taskName} /ENABLE`));
    if (!atLogon) return failed(origin, off("has its logon trigger disabled", "linkuser-agent install"));
    return found(`scheduled task ${taskName}`, origin);
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT") return absent(origin, `no scheduled task ${taskName}`);
    return failedBy(origin, cause, "settings-unreadable", `${path} can't be read: ${whyNot(cause)}.`);
  }
}

const readTaskFile = (path: string): Buffer => readFileAt(path, maxFileSize);

const off = (state: string, remedy: string): AgentError =>
  new AgentError("install-failed", `Nothing runs at logon: the scheduled task ${taskName} ${state}.`, { remedy });
