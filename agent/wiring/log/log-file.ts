import { appendFileSync, closeSync, constants, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../../errors.ts";
import { giveToFolder, makeFolder, rotatedPath } from "../../files/own-files.ts";
import { formatLogLine, type LogSink } from "../../log.ts";

/** Bytes after which a log file is rotated; with the one before it, the log takes at most twice this. */
const maxSize = 1024 * 1024;

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
  if (sizeOf(path) + line.length > maxSize) renameSync(path, rotatedPath(path));
  const folder = dirname(path);
  const file = openToAppend(path, folder);
  try {
    giveToFolder(file, folder);
    appendFileSync(file, line);
  } finally {
    closeSync(file);
  }
}

/** No link is followed: root's run writes into folders of a service's user, too. */
function openToAppend(path: string, folder: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  const open = (): number => openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    return open();
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    makeFolder(folder);
    return open();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
