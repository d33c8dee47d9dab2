import { fchownSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type Access, fault, type Open, type OpenFile, openFile } from "./open-file.ts";
import { untrustedWay } from "./trusted-path.ts";

/** Names of what the program itself keeps in its state folder. */
export const stateFileName = "state.json";
export const lockFileName = "lock";
/** Held by the one unattended run that waits. */
export const waiterLockFileName = "waiting.lock";

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
 * Opens a file that this program keeps in a folder of its own. A service's folders belong to an account of its own,
 * which has to read and write what a run of root's leaves there, and could put anything under its name: so root's run
 * judges the way, the owner and the mode, and gives a file that it made to whom the folder belongs.
 * @throws the system's error, or a {@link fault}
 */
export function openOwnFile(path: string, access: Access, moreFlags?: number, open?: Open): OpenFile {
  const folder = dirname(path);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) refuseExchangeable(folder);
  const file = openFile(path, access, moreFlags, open);
  try {
    if (isRoot) takeOver(file, statSync(folder), access);
    return file;
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** Mode bits, inode(7). Groups of the system may write to folders above: syslog's to /var/log. */
const writableByOthers = 0o002;

function refuseExchangeable(folder: string): void {
  const exposure = untrustedWay(folder, { uid: 0, credentialsFolder: undefined }, writableByOthers);
  if (exposure !== undefined) throw fault("EOTHERS", exposure.why);
}

function takeOver({ descriptor, stats }: OpenFile, folder: Stats, access: Access): void {
  if (stats.uid !== 0 && stats.uid !== folder.uid) throw fault("EOTHERS", `it belongs to the user ID ${stats.uid}`);
  if ((stats.mode & writableByOthers) !== 0) throw fault("EOTHERS");
  if (access !== "read" && stats.uid !== folder.uid) fchownSync(descriptor, folder.uid, folder.gid);
}
