import { spawnSync } from "node:child_process";
import { AgentError } from "../../../errors.ts";
import { printable } from "../../../printable.ts";
import { oemText } from "../native/oem-text.ts";
import { taskName } from "./task-definition.ts";

/** Milliseconds; what hangs longer has failed. */
const maxTime = 60_000;

/**
 * Windows' own tool; only `install` and `uninstall` start it: the Task Scheduler's interface is COM, which node:ffi
 * can't call.
 */
const tool = "schtasks.exe";

/**
 * The part of Windows' Task Scheduler that the logon trigger needs.
 * @param systemDirectory absolute; the only place from which the tool is started
 */
export function taskScheduler(systemDirectory: string) {
  const call = (...parameters: readonly string[]) =>
    spawnSync(`${systemDirectory}\\${tool}`, [...parameters, "/TN", taskName], {
      // libuv passes the variables that Windows needs, and none of this process's, which may be secret.
      env: {},
      // Wine's tool waits for typed input if its input is open.
      stdio: ["ignore", "pipe", "pipe"],
      timeout: maxTime,
      windowsHide: true,
    });
  const insist = (what: string, ...parameters: readonly string[]): void => {
    const { error, status, stdout, stderr } = call(...parameters);
    if (status === 0) return;
    const output = printable(oemText(Buffer.concat([stdout, stderr])).trim(), 300);
    const why =
      error === undefined ? `${tool} ended with ${status}${output === "" ? "" : `: ${output}`}` : error.message;
    const message = `The scheduled task ${taskName} can't be ${what}: ${why}.`;
    throw new AgentError("install-failed", message, { cause: error });
  };
  return {
    /** Registers the task of a file, in place of an earlier one. @throws AgentError `install-failed` */
    register: (definitionFile: string) => insist("registered", "/Create", "/F", "/XML", definitionFile),
    /** Ends a run of the task, if there is one. */
    end: (): void => void call("/End"),
    /** @throws AgentError `install-failed` */
    remove: () => insist("removed", "/Delete", "/F"),
  };
}
