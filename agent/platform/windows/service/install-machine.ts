import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { systemErrorCode } from "../../../errors.ts";
import { retryWhileHeld } from "../../../files/held-files.ts";
import type { Paths } from "../../port.ts";
import type { Sid } from "../accounts/sids.ts";
import { isEventSourceRegistered, registerEventSource, removeEventSource } from "../event-log.ts";
import { isForeign, readProtected, writableByOthers } from "../files/protected-files.ts";
import { makeProtectedFolder, replaceFile, writeProtected } from "../files/write-protected.ts";
import { systemDirectory } from "../native/library.ts";
import type { WindowsMachine } from "./installation.ts";
import { taskScheduler } from "./task-scheduler.ts";
import { taskFile } from "./trigger.ts";

export function installMachine(paths: Paths, trusted: ReadonlySet<Sid>): WindowsMachine {
  return {
    paths,
    readFile: (path) => unless("ENOENT", () => readFileSync(path)),
    replaceFile,
    removeFile: (path) => retryWhileHeld(() => rmSync(path, { force: true })),
    removeEmptyFolder: (path) => void unless("ENOTEMPTY", () => retryWhileHeld(() => rmdirSync(path))),
    folderKind: (path) => {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      // Node reports junctions as symbolic links.
      if (stats === undefined) return "absent";
      return stats.isDirectory() ? "folder" : "link";
    },
    isForeign: (path) => isForeign(path, trusted),
    setAside: (path) => {
      const aside = `${path}.set-aside-${randomUUID()}`;
      retryWhileHeld(() => renameSync(path, aside));
      return () => retryWhileHeld(() => renameSync(aside, path));
    },
    readProtected: (path) => readProtected(path, trusted),
    writeProtected,
    writableByOthers: (path) => writableByOthers(path, trusted),
    protectFolder: makeProtectedFolder,
    taskRegistered: () => existsSync(taskFile(systemDirectory())),
    tasks: taskScheduler(systemDirectory()),
    eventSource: { isRegistered: isEventSourceRegistered, register: registerEventSource, remove: removeEventSource },
  };
}

function unless<T>(code: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (systemErrorCode(error) === code) return undefined;
    throw error;
  }
}
