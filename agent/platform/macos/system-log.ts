import { AgentError, messageOf } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { failed, found, type Reading } from "../../reading.ts";
import { severityOf } from "../event-severity.ts";
import { constants } from "../native-layout.ts";
import type { EventKind } from "../port.ts";
import { libSystem } from "./libsystem.ts";

const log = constants("syslog.h", { LOG_ERR: 3, LOG_WARNING: 4, LOG_NOTICE: 5, LOG_PID: 0x01, LOG_DAEMON: 3 << 3 });
const priorities = { error: log.LOG_ERR, warning: log.LOG_WARNING, information: log.LOG_NOTICE } as const;

/** syslog(3) cuts messages longer than 1 KiB, including their head. */
const maxMessage = 900;

/** Never freed: openlog(3) keeps the address. */
const identity = Buffer.from("linkuser-agent\0");

/** Writes one message of a priority: a format, as syslog(3) takes it, that asks for no argument. */
export type WriteLog = (priority: number, format: string) => void;

/** To the unified log, in which `log show --predicate 'process == "linkuser-agent"'` finds it. */
export const writeSystemLog: WriteLog = (priority, format) => {
  const { openlog, syslog } = libSystem();
  openlog(identity, log.LOG_PID, log.LOG_DAEMON);
  syslog(priority, format);
};

/** Writes one line to the unified log; `failed` if that is not possible. */
export function reportEvent(kind: EventKind, message: string, write: WriteLog): Reading<"reported"> {
  const origin = "system log";
  try {
    write(priorities[severityOf(kind)], `${kind}: ${printable(message, maxMessage).replaceAll("%", "%%")}`);
    return found("reported", origin);
  } catch (cause) {
    return failed(
      origin,
      new AgentError("internal", `The system log can't be written: ${messageOf(cause)}.`, { cause }),
    );
  }
}
