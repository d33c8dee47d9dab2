import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { systemErrorCode } from "../../../errors.ts";
import { retryWhileHeld } from "../../../files/held-files.ts";
import type { Paths, Undo } from "../../port.ts";
import type { Sid } from "../accounts/sids.ts";
import { isEventSourceRegistered, registerEventSource, removeEventSource } from "../event-log.ts";
import { isForeign, readProtected, writableByOthers } from "../files/protected-files.ts";
import { makeProtectedFolder, replaceFile, writeProtected } from "../files/write-protected.ts";
import { systemDirectory } from "../native/library.ts";
import { taskScheduler } from "./task-scheduler.ts";
import { taskFile } from "./trigger.ts";

/** Operations of an installation on the machine; tests replace them. */
export type WindowsMachine = ReturnType<typeof installMachine>;

/** Its functions throw the system's error, or a WindowsError. */
export const installMachine = (paths: Paths, trusted: ReadonlySet<Sid>) => ({
  paths,
  /** Undefined if there is no such file. */
  readFile: (path: string): Buffer | undefined => unless("ENOENT", () => readFileSync(path)),
  replaceFile,
  removeFile: (path: string) => retryWhileHeld(() => rmSync(path, { force: true })),
  /** Leaves it where something is in it. */
  removeEmptyFolder: (path: string): void => void unless("ENOTEMPTY", () => retryWhileHeld(() => rmdirSync(path))),
  /** `link` is a junction or symbolic link. */
  folderKind: (path: string): "folder" | "link" | "absent" => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // Node reports junctions as symbolic links.
    if (stats === undefined) return "absent";
    return stats.isDirectory() ? "folder" : "link";
  },
  /** Whether a file, folder or link exists that no administrator created. */
  isForeign: (path: string) => isForeign(path, trusted),
  /** Renames a file or folder. @returns the undo */
  setAside: (path: string): Undo => {
    const aside = `${path}.set-aside-${randomUUID()}`;
    retryWhileHeld(() => renameSync(path, aside));
    return () => retryWhileHeld(() => renameSync(aside, path));
  },
  readProtected: (path: string) => readProtected(path, trusted),
  writeProtected,
  writableByOthers: (path: string) => writableByOthers(path, trusted),
  protectFolder: makeProtectedFolder,
  taskRegistered: () => existsSync(taskFile(systemDirectory())),
  tasks: taskScheduler(systemDirectory()),
  eventSource: { isRegistered: isEventSourceRegistered, register: registerEventSource, remove: removeEventSource },
});

function unless<T>(code: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (systemErrorCode(error) === code) return undefined;
    throw error;
  }
}
