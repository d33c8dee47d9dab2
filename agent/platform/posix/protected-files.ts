import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import { shellWord } from "../../shell-word.ts";

/** Mode bits, inode(7). */
const groupOrOthers = 0o077;
const writableByGroupOrOthers = 0o022;
const readableByGroup = 0o040;
const sticky = 0o1000;

/** Larger than any credential. */
const largest = 1024 * 1024;

/** Who may own and change what is trusted. */
export interface Trust {
  /** Whose files are trusted beside root's: the effective user of this process. */
  readonly uid: number;
  /**
   * systemd's $CREDENTIALS_DIRECTORY. Its files may carry an ACL for the service's user, which shows as a group bit.
   */
  readonly credentialsFolder: string | undefined;
  /**
   * What of an access control list lets others in beside the mode, and how to end it; undefined where nothing does.
   * Left out where lists show in the mode, as POSIX ones do. @throws AgentError
   */
  readonly openedByList?: (path: string) => string | undefined;
}

/** Reads a file that holds a secret, where root or this user owns it and nobody else may read or replace it. */
export function readProtected(path: string, trust: Trust): Reading<string> {
  return withFile(
    path,
    (real, descriptor, stats) => {
      const exposure = exposureOf(path, real, stats, trust);
      if (exposure !== undefined) return exposed(path, exposure);
      if (stats.size > largest) return unreadable(path, "it is larger than 1 MiB");
      return found(readFileSync(descriptor, "utf8"), path);
    },
    " Only root may: run it with sudo, or leave it to the next logon.",
  );
}

/** Of a file that this user may not read and of which it got a copy: whether nobody else may read or replace it. */
export function judgeUnread(path: string, trust: Trust): Reading<"protected"> {
  try {
    const real = realpathSync(path);
    const exposure = exposureOf(path, real, lstatSync(real), trust);
    return exposure === undefined ? found("protected", path) : exposed(path, exposure);
  } catch (cause) {
    if (cause instanceof AgentError) return failed(path, cause);
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return absent(path, "no such file");
    // Who may not even look into its folder can't read it.
    return code === "EACCES" ? found("protected", path) : unreadable(path, String(code), cause);
  }
}

/**
 * By whom a file can be read or exchanged who is not trusted, and the remedy.
 * @throws AgentError or the system's error
 */
function exposureOf(path: string, real: string, stats: Stats, trust: Trust): string | undefined {
  const wayThere = untrustedWay(path, trust);
  if (wayThere !== undefined) return wayThere;
  const allowed = isIn(trust.credentialsFolder, real) ? readableByGroup : 0;
  if (!isTrustedOwner(stats, trust)) {
    return `${real} belongs to the user ID ${stats.uid}: run chown root ${shellWord(real)}`;
  }
  if ((stats.mode & groupOrOthers & ~allowed) !== 0) {
    return `${real} has the mode ${mode(stats)}: run chmod 600 ${shellWord(real)}`;
  }
  return trust.openedByList?.(real);
}

/** Whether somebody other than root and this user may change or replace a file. */
export function writableByOthers(path: string, trust: Trust): Reading<boolean> {
  return withFile(path, (real, _, stats) => {
    const open = !isTrustedOwner(stats, trust) || (stats.mode & writableByGroupOrOthers) !== 0;
    const opened = open || trust.openedByList?.(real) !== undefined || untrustedWay(path, trust) !== undefined;
    return found(opened, path);
  });
}

/**
 * Opens the file first and asks the descriptor, so what is judged is what is read. Every name on the way there is
 * judged too: where only trusted users may change those, nobody else can put another file in its place.
 * @param deniedHint what to do where this user may not read it, a sentence behind a space
 */
function withFile<T>(
  path: string,
  use: (real: string, descriptor: number, stats: Stats) => Reading<T>,
  deniedHint = "",
): Reading<T> {
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
    return code === "EACCES"
      ? unreadable(path, "this user may not", cause, deniedHint)
      : unreadable(path, String(code), cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * What is wrong with the first folder or link on the way to a file by which others could exchange it, and the remedy.
 */
function untrustedWay(path: string, trust: Trust): string | undefined {
  for (const name of wayTo(resolve(path))) {
    const stats = lstatSync(name);
    const kind = stats.isSymbolicLink() ? "link" : "folder";
    if (!isTrustedOwner(stats, trust)) {
      const change = kind === "link" ? "chown -h root" : "chown root";
      return `the ${kind} ${name} belongs to the user ID ${stats.uid}: run ${change} ${shellWord(name)}`;
    }
    if (kind === "link") continue;
    // In a sticky folder only its owner and a file's own may rename it.
    if ((stats.mode & writableByGroupOrOthers) !== 0 && (stats.mode & sticky) === 0) {
      return `the folder ${name} has the mode ${mode(stats)}: run chmod go-w ${shellWord(name)}`;
    }
    const list = trust.openedByList?.(name);
    if (list !== undefined) return list;
  }
  return undefined;
}

/** All folders and links through which the system goes to a file that is there, in the order in which it does. */
function* wayTo(path: string): Generator<string> {
  const { root } = parse(path);
  const words = path.slice(root.length).split(sep);
  let at = root;
  for (const word of words) {
    yield at;
    const name = join(at, word);
    if (lstatSync(name).isSymbolicLink()) {
      yield name;
      yield* wayTo(resolve(at, readlinkSync(name)));
      at = realpathSync(name);
    } else {
      at = name;
    }
  }
}

const isTrustedOwner = ({ uid }: Stats, trust: Trust): boolean => uid === 0 || uid === trust.uid;
const isIn = (folder: string | undefined, path: string): boolean => folder !== undefined && dirname(path) === folder;
const mode = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, "0");

function exposed(path: string, why: string): Reading<never> {
  const message = `The secret in ${path} is not protected, so it is not used: ${why}.`;
  return failed(path, new AgentError("credentials-exposed", message));
}

function unreadable(path: string, why: string, cause?: unknown, hint = ""): Reading<never> {
  return failed(path, new AgentError("credentials-unreadable", `${path} can't be read: ${why}.${hint}`, { cause }));
}
