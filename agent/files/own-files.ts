import { fchownSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../errors.ts";

/** Names of what the program itself keeps in its state folder. */
export const stateFileName = "state.json";
export const lockFileName = "lock";

/** Under which a file is written before it is renamed over the one at `path`. */
export const temporaryPath = (path: string): string => `${path}.new`;

/** The name that a log file gets when it has reached its size. */
export const rotatedPath = (logFile: string): string => `${logFile}.1`;

/**
 * Makes a folder and those above it, for this user alone; one that exists is left as it is.
 * Node's own `recursive` never ends where a system answers ENOENT below a folder that exists (seen on Linux in /proc).
 * @throws the system's error
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || statSync(dirname(path), { throwIfNoEntry: false }) !== undefined) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/**
 * Gives a file that root made to whom its folder belongs. A service's folders belong to a user of its own (systemd's
 * DynamicUser=), who has to read and write what a run of root's leaves there. Elsewhere nothing happens.
 * @param descriptor of the file, opened so that no link was followed
 * @throws the system's error
 */
export function giveToFolder(descriptor: number, folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  if (uid !== 0) fchownSync(descriptor, uid, gid);
}
