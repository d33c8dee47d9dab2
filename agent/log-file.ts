import { appendFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "./errors.ts";
import { makeFolder } from "./folders.ts";
import { formatLogLine, type LogSink } from "./log.ts";

/** Bytes after which a log file is put aside; with the one before it, the log takes at most twice this. */
const largest = 1024 * 1024;

/**
 * Appends to a file of JSON lines. Opened at the first event, so a run that logs nothing touches nothing.
 * A log that can't be written must not stop a link: the first failure is told once and the rest is dropped.
 */
export function logFileSink(path: string, onFailure: (code: string | undefined) => void): LogSink {
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      append(path, `${formatLogLine(event)}\n`);
    } catch (error) {
      broken = true;
      onFailure(systemErrorCode(error));
    }
  };
}

function append(path: string, line: string): void {
  if (sizeOf(path) + line.length > largest) renameSync(path, `${path}.1`);
  const options = { mode: 0o600 };
  try {
    appendFileSync(path, line, options);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    makeFolder(dirname(path));
    appendFileSync(path, line, options);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
