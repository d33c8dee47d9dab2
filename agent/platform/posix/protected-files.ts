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
import { shellWord } from "../../printable.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { Exposure } from "../port.ts";

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
   * What of an access control list lets others in beside the mode; undefined where nothing does. Left out where lists
   * show in the mode, as POSIX ones do. @throws AgentError
   */
  readonly openedByList?: (path: string) => Exposure | undefined;
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
 * By what a file can be read or exchanged by somebody who is not trusted.
 * @throws AgentError or the system's error
 */
function exposureOf(path: string, real: string, stats: Stats, trust: Trust): Exposure | undefined {
  const allowed = isIn(trust.credentialsFolder, real) ? readableByGroup : 0;
  return untrustedWay(path, trust) ?? openedFile(real, stats, groupOrOthers & ~allowed, "600", trust);
}

/** By what somebody other than root and this user may change or replace a file, or `false`. */
export function writableByOthers(path: string, trust: Trust): Reading<Exposure | false> {
  return withFile(path, (real, _, stats) => {
    const opened = openedFile(real, stats, writableByGroupOrOthers, "go-w", trust);
    return found(opened ?? untrustedWay(path, trust) ?? false, path);
  });
}

/**
 * What of a file itself lets others in.
 * @param forbidden mode bits
 * @param closed the mode without them, as chmod(1) takes it
 */
function openedFile(real: string, stats: Stats, forbidden: number, closed: string, trust: Trust): Exposure | undefined {
  const file = shellWord(real);
  if (!isTrustedOwner(stats, trust)) {
    return { why: `${real} belongs to the user ID ${stats.uid}`, remedy: `chown root ${file}` };
  }
  if ((stats.mode & forbidden) !== 0) {
    return { why: `${real} has the mode ${mode(stats)}`, remedy: `chmod ${closed} ${file}` };
  }
  return trust.openedByList?.(real);
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

/** What is wrong with the first folder or link on the way to a file by which others could exchange it. */
function untrustedWay(path: string, trust: Trust): Exposure | undefined {
  for (const name of wayTo(resolve(path))) {
    const stats = lstatSync(name);
    const kind = stats.isSymbolicLink() ? "link" : "folder";
    if (!isTrustedOwner(stats, trust)) {
      const change = kind === "link" ? "chown -h root" : "chown root";
      const why = `the ${kind} ${name} belongs to the user ID ${stats.uid}`;
      return { why, remedy: `${change} ${shellWord(name)}` };
    }
    if (kind === "link") continue;
    // In a sticky folder only its owner and a file's own may rename it.
    if ((stats.mode & writableByGroupOrOthers) !== 0 && (stats.mode & sticky) === 0) {
      return { why: `the folder ${name} has the mode ${mode(stats)}`, remedy: `chmod go-w ${shellWord(name)}` };
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

function exposed(path: string, { why, remedy }: Exposure): Reading<never> {
  const finding = `The secret in ${path} is not protected, so it is not used: ${why}.`;
  return failed(path, new AgentError("credentials-exposed", finding, { remedy }));
}

function unreadable(path: string, why: string, cause?: unknown, hint = ""): Reading<never> {
  return failed(path, new AgentError("credentials-unreadable", `${path} can't be read: ${why}.${hint}`, { cause }));
}
