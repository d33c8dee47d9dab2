import { describeLocalMoment, hour } from "../../duration.ts";
import type { LinkPorts } from "../../link/ports.ts";
import { createLog, formatLogLine, type LogEvent } from "../../log.ts";
import { printable } from "../../printable.ts";
import type { Settings } from "../../settings/table.ts";
import type { Runtime } from "../runtime.ts";
import type { EventReport } from "./event-report.ts";
import { logFileSink } from "./log-file.ts";

/**
 * `log` writes to standard error, readable on a terminal and JSON elsewhere, and to the file; warnings also to the event
 * log. `endLog` is for messages that the result and the event log have, too: a terminal shows them once.
 */
export function openLog(
  { clock, onTerminal, resultBeside, writeError }: Runtime,
  level: Settings["logLevel"],
  path: string,
  events: Pick<EventReport, "warn">,
): Pick<LinkPorts, "log" | "endLog"> {
  const toStandardError = (event: LogEvent): void =>
    writeError(`${onTerminal ? forPerson(event) : formatLogLine(event)}\n`);
  const toFile = logFileSink(path, (why) => {
    log.warn("log-unwritable", `the log file ${path} can't be written: ${why}`);
  });
  const toEventLog = ({ level, message }: LogEvent): void => {
    if (level === "warn") events.warn(message);
  };
  const now = (): number => clock.now();
  const log = createLog(level, [toStandardError, toFile, toEventLog], now);
  const endLog = createLog(level, resultBeside ? [toFile] : [toStandardError, toFile], now);
  return { log, endLog };
}

function forPerson({ time, level, message, fields }: LogEvent): string {
  const { until } = fields;
  const wait = typeof until === "string" ? `; waits until ${momentAfter(time, Date.parse(until))}` : "";
  return `${timeOfDay(time)} ${level.padEnd(5)} ${printable(message)}${wait}`;
}

/** In local time, with the date where it is more than half a day away. */
const momentAfter = (now: number, then: number): string =>
  then - now < 12 * hour ? timeOfDay(then) : describeLocalMoment(then);

const timeOfDay = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);
