import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";

/** Mode bits, inode(7). */
const groupOrOthers = 0o077;
const writableByGroupOrOthers = 0o022;
const readableByGroup = 0o040;
const sticky = 0o1000;

/** Larger than any credential. */
const largest = 1024 * 1024;

export interface Trust {
  /** Whose files are trusted beside root's: the effective user of this process. */
  readonly uid: number;
  /** systemd's $CREDENTIALS_DIRECTORY. Its files may carry an ACL for the service's user, which shows as a group bit. */
  readonly credentialsFolder: string | undefined;
  /**
   * What of an access control list lets others in beside the mode, and how to end it; undefined where nothing does. Left
   * out where lists show in the mode, as POSIX ones do. @throws AgentError
   */
  readonly openedByList?: (path: string) => string | undefined;
}

/** Reads a file that holds a secret, where root or this user owns it and nobody else may read or replace it. */
export function readProtected(path: string, trust: Trust): Reading<string> {
  return withFile(path, (real, descriptor, stats) => {
    const folder = untrustedFolder(real, trust);
    if (folder !== undefined) return exposed(path, folder);
    const allowed = isIn(trust.credentialsFolder, real) ? readableByGroup : 0;
    if (!isTrustedOwner(stats, trust)) {
      return exposed(path, `${real} belongs to the user ID ${stats.uid}: run chown root ${shellWord(real)}`);
    }
    if ((stats.mode & groupOrOthers & ~allowed) !== 0) {
      return exposed(path, `${real} has the mode ${mode(stats)}: run chmod 600 ${shellWord(real)}`);
    }
    const list = trust.openedByList?.(real);
    if (list !== undefined) return exposed(path, list);
    if (stats.size > largest) return unreadable(path, "it is larger than 1 MiB");
    return found(readFileSync(descriptor, "utf8"), path);
  });
}

/** Whether somebody other than root and this user may change or replace a file. */
export function writableByOthers(path: string, trust: Trust): Reading<boolean> {
  return withFile(path, (real, _, stats) => {
    const open = !isTrustedOwner(stats, trust) || (stats.mode & writableByGroupOrOthers) !== 0;
    const opened = open || trust.openedByList?.(real) !== undefined || untrustedFolder(real, trust) !== undefined;
    return found(opened, path);
  });
}

/**
 * Opens the file first and asks the descriptor, so what is judged is what is read. The path is free of links by then,
 * and a folder that only trusted users may write to lets nobody else put another file in its place.
 */
function withFile<T>(path: string, use: (real: string, descriptor: number, stats: Stats) => Reading<T>): Reading<T> {
  let descriptor: number | undefined;
  try {
    const real = realpathSync(path);
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stats = fstatSync(descriptor);
    return stats.isFile() ? use(real, descriptor, stats) : unreadable(path, "it is not a regular file");
  } catch (cause) {
    if (cause instanceof AgentError) return failed(path, cause);
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return absent(path, "no such file");
    return unreadable(path, code === "EACCES" ? "this user may not" : String(code), cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What is wrong with the first folder above the file in which others could replace it, and the remedy. */
function untrustedFolder(real: string, trust: Trust): string | undefined {
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const stats = lstatSync(folder);
    if (!isTrustedOwner(stats, trust)) {
      return `its folder ${folder} belongs to the user ID ${stats.uid}: run chown root ${shellWord(folder)}`;
    }
    // In a sticky folder only its owner and a file's own may rename it.
    if ((stats.mode & writableByGroupOrOthers) !== 0 && (stats.mode & sticky) === 0) {
      return `its folder ${folder} has the mode ${mode(stats)}: run chmod go-w ${shellWord(folder)}`;
    }
    const list = trust.openedByList?.(folder);
    if (list !== undefined) return list;
    if (folder === dirname(folder)) return undefined;
  }
}

const isTrustedOwner = ({ uid }: Stats, trust: Trust): boolean => uid === 0 || uid === trust.uid;
const isIn = (folder: string | undefined, path: string): boolean => folder !== undefined && dirname(path) === folder;
/** A word as a shell takes it: macOS' folders have spaces in their names. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
const mode = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, "0");

function exposed(path: string, why: string): Reading<never> {
  const message = `The secret in ${path} is not protected, so it is not used: ${why}.`;
  return failed(path, new AgentError("credentials-exposed", message));
}

function unreadable(path: string, why: string, cause?: unknown): Reading<never> {
  return failed(path, new AgentError("credentials-unreadable", `${path} can't be read: ${why}.`, { cause }));
}
