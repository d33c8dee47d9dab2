import { triggerInterval } from "../../../pace/trigger-interval.ts";
import { systemSid } from "../accounts/sids.ts";
import { folderOf } from "../paths.ts";
import { element, xmlDocument } from "./xml.ts";

/** The task's name in the Task Scheduler's root folder. */
export const taskName = "LinkUserAgent";

/**
 * The logon trigger: a scheduled task as SYSTEM, so without any window and with the rights to read the credential
 * ([MS-TSCH] 2.5; the elements of a trigger have a fixed order).
 * @param executable absolute
 */
export function taskDefinition(executable: string): string {
  const yes = (name: string) => element(name, {}, "true");
  const no = (name: string) => element(name, {}, "false");
  const text = (name: string, content: string) => element(name, {}, content);
  const task = element("Task", { version: "1.2", xmlns: "http://schemas.microsoft.com/windows/2004/02/mit/task" }, [
    element("RegistrationInfo", {}, [
      text("Author", "linkuser-agent"),
      text("Description", "Links this device to its logged-on user in OPSWAT Gears (MetaDefender IT Access)."),
      text("URI", `\\${taskName}`),
      text("SecurityDescriptor", "D:P(A;;FA;;;BA)(A;;FA;;;SY)"),
    ]),
    element("Triggers", {}, [
      // For every user, since it names none. No random delay: the agent spreads first links itself.
      element("LogonTrigger", {}, [yes("Enabled")]),
      element("TimeTrigger", {}, [
        yes("Enabled"),
        text("StartBoundary", "2026-01-01T00:00:00"),
        element("Repetition", {}, [text("Interval", `PT${triggerInterval / 60_000}M`), no("StopAtDurationEnd")]),
        text("RandomDelay", "PT5M"),
      ]),
    ]),
    element("Principals", {}, [
      element("Principal", { id: "System" }, [text("UserId", systemSid), text("RunLevel", "HighestAvailable")]),
    ]),
    element("Settings", {}, [
      // A second logon during a run starts another run after it.
      text("MultipleInstancesPolicy", "Queue"),
      no("DisallowStartIfOnBatteries"),
      no("StopIfGoingOnBatteries"),
      yes("AllowHardTerminate"),
      yes("StartWhenAvailable"),
      // Without Wi-Fi at the logon Windows would drop the start; the agent waits for the network itself.
      no("RunOnlyIfNetworkAvailable"),
      element("IdleSettings", {}, [no("StopOnIdleEnd"), no("RestartOnIdle")]),
      yes("AllowStartOnDemand"),
      yes("Enabled"),
      yes("Hidden"),
      no("RunOnlyIfIdle"),
      no("WakeToRun"),
      // None: the agent ends by its own deadline.
      text("ExecutionTimeLimit", "PT0S"),
      text("Priority", "7"),
    ]),
    element("Actions", { Context: "System" }, [
      element("Exec", {}, [
        text("Command", executable),
        text("Arguments", "link --will-repeat"),
        text("WorkingDirectory", folderOf(executable)),
      ]),
    ]),
  ]);
  return xmlDocument(task, "UTF-16");
}

/** As schtasks takes it: UTF-16 with a byte order mark. */
export const taskFileContent = (definition: string): Buffer => Buffer.from(`\uFEFF${definition}`, "utf16le");
