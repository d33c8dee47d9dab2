import { appendFileSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../../errors.ts";
import { retryWhileHeld } from "../../files/held-files.ts";
import { type OpenFile, whyNot } from "../../files/open-file.ts";
import { makeFolder, openOwnFile, rotatedPath } from "../../files/own-files.ts";
import { formatLogLine, type LogSink } from "../../log.ts";

/** Bytes after which a log file is rotated; with the one before it, the log takes at most twice this. */
const maxSize = 1024 * 1024;

/**
 * Appends to a file of JSON lines. Opened at the first event, so a run that logs nothing touches nothing.
 * A log that can't be written must not stop a link: the first failure is reported and the rest dropped.
 */
export function logFileSink(path: string, onFailure: (why: string) => void): LogSink {
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      retryWhileHeld(() => append(path, `${formatLogLine(event)}\n`));
    } catch (error) {
      broken = true;
      onFailure(whyNot(error));
    }
  };
}

function append(path: string, line: string): void {
  if (appendWithin(path, line, maxSize)) return;
  try {
    renameSync(path, rotatedPath(path));
  } catch {
    // On Windows a scanner or a log shipper may hold it: it grows until it can be rotated.
  }
  appendWithin(path, line, Number.POSITIVE_INFINITY);
}

function appendWithin(path: string, line: string, size: number): boolean {
  using file = openLog(path);
  if (file.stats.size + line.length > size) return false;
  appendFileSync(file.descriptor, line);
  return true;
}

function openLog(path: string): OpenFile {
  try {
    return openOwnFile(path, "append");
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    makeFolder(dirname(path));
    return openOwnFile(path, "append");
  }
}
