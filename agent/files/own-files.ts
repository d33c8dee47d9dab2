import { fchownSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type Access, fault, type Open, type OpenFile, openFile } from "./open-file.ts";
import { untrustedPath } from "./trusted-path.ts";

/** Names of the program's files in its state folder. */
export const stateFileName = "state.json";
export const lockFileName = "lock";
/** Held by the one unattended run that waits. */
export const waiterLockFileName = "waiting.lock";

/** The name under which a file is written before it is renamed to `path`. */
export const temporaryPath = (path: string): string => `${path}.new`;

export const rotatedPath = (logFile: string): string => `${logFile}.1`;

type MakeOne = (path: string, options: { readonly mode: number }) => void;

/**
 * Creates a folder and those above it, for this user only; existing ones are unchanged. Node's own `recursive` never
 * ends where a system answers ENOENT below a folder that exists (seen on Linux in /proc).
 * @throws the system's error
 */
export function makeFolder(path: string, make: MakeOne = mkdirSync): void {
  if (madeOne(path, make)) return;
  makeFolder(dirname(path), make);
  // Another run may make the same folders at this moment.
  if (!madeOne(path, make)) make(path, { mode: 0o700 });
}

/** @returns false if the parent folder is missing, or was at that moment */
function madeOne(path: string, make: MakeOne): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
  try {
    make(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST" && statSync(path).isDirectory()) return true;
    if (code === "ENOENT" && dirname(path) !== path) return false;
    throw error;
  }
}

/**
 * Opens a file in one of this program's own folders. The service's files belong to its account, which must be able to
 * read and write files of root's runs, and which could put anything under that name. So a run as root checks the path,
 * the owner and the mode, and gives a file that it made to the folder's owner.
 * @throws the system's error, or a {@link fault}
 */
export function openOwnFile(path: string, access: Access, moreFlags?: number, open?: Open): OpenFile {
  const folder = dirname(path);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) refuseReplaceable(folder);
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

function refuseReplaceable(folder: string): void {
  const exposure = untrustedPath(folder, { uid: 0, credentialsFolder: undefined }, writableByOthers);
  if (exposure !== undefined) throw fault("EOTHERS", exposure.why);
}

function takeOver({ descriptor, stats }: OpenFile, folder: Stats, access: Access): void {
  if (stats.uid !== 0 && stats.uid !== folder.uid) throw fault("EOTHERS", `it belongs to the user ID ${stats.uid}`);
  if ((stats.mode & writableByOthers) !== 0) throw fault("EOTHERS");
  if (access !== "read" && stats.uid !== folder.uid) fchownSync(descriptor, folder.uid, folder.gid);
}
