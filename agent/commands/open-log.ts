import { createLog, formatLogLine, type Log, type LogEvent } from "../log.ts";
import { logFileSink } from "../log-file.ts";
import { printable } from "../printable.ts";
import type { Settings } from "../settings/table.ts";
import type { Runtime } from "./runtime.ts";

/**
 * The log of a run: standard error, in a person's form on a terminal, the file, and warnings in the system's event log.
 */
export function openLog(
  { platform, clock, onTerminal, writeError }: Runtime,
  level: Settings["logLevel"],
  path: string,
): Log {
  const toStandardError = (event: LogEvent): void =>
    writeError(`${onTerminal ? forPerson(event) : formatLogLine(event)}\n`);
  const toFile = logFileSink(path, (code) => {
    log.warn("log-unwritable", `the log file ${path} can't be written (${code})`);
  });
  const toEventLog = ({ level, message }: LogEvent): void => {
    if (level === "warn") platform.reportEvent("warning", message);
  };
  const log = createLog(level, [toStandardError, toFile, toEventLog], () => clock.now());
  return log;
}

const forPerson = ({ time, level, message }: LogEvent): string =>
  `${new Date(time).toTimeString().slice(0, 8)} ${level.padEnd(5)} ${printable(message)}`;
