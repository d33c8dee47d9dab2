import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, parse, resolve, sep } from "node:path";
import type { Exposure } from "../platform/port.ts";
import { shellWord } from "../printable.ts";

/** Mode bits, inode(7). */
export const writableByGroupOrOthers = 0o022;
const sticky = 0o1000;

/** The accounts that may own and change trusted files. */
export interface Trust {
  /** This process's effective user, whose files are trusted besides root's. */
  readonly uid: number;
  /**
   * systemd's $CREDENTIALS_DIRECTORY. Its files may carry an ACL for the service's user, which shows as a group bit.
   */
  readonly credentialsFolder: string | undefined;
  /**
   * The entry of an access control list that gives others access beyond the mode; undefined if there is none. Left out
   * if lists show in the mode, as POSIX ones do. @throws AgentError
   */
  readonly openedByList?: (path: string) => Exposure | undefined;
}

/**
 * Describes a file or folder on which users other than root and this one have a right in `forbidden`.
 * @param forbidden mode bits
 * @param closed the mode without them, as chmod(1) takes it
 */
export function exposureOf(
  kind: "" | "the folder ",
  path: string,
  stats: Stats,
  trust: Trust,
  forbidden = writableByGroupOrOthers,
  closed = "go-w",
): Exposure | undefined {
  const word = shellWord(path);
  if (!isTrustedOwner(stats, trust)) {
    return { why: `${kind}${path} belongs to the user ID ${stats.uid}`, remedy: `chown root ${word}` };
  }
  if ((stats.mode & forbidden) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
    return { why: `${kind}${path} has the mode ${mode}`, remedy: `chmod ${closed} ${word}` };
  }
  return trust.openedByList?.(path);
}

/**
 * Describes the first folder or link on the path through which others could exchange the file. If only trusted users
 * may change those, no one else can replace the file.
 * @param forbidden mode bits of folders
 * @throws the system's error
 */
export function untrustedPath(path: string, trust: Trust, forbidden = writableByGroupOrOthers): Exposure | undefined {
  for (const { name, stats } of partsOf(resolve(path))) {
    // In a sticky folder only its owner and a file's own may rename the file.
    const bits = (stats.mode & sticky) === 0 ? forbidden : 0;
    const exposure = stats.isSymbolicLink()
      ? untrustedLink(name, stats, trust)
      : exposureOf("the folder ", name, stats, trust, bits);
    if (exposure !== undefined) return exposure;
  }
  return undefined;
}

/** Whether a folder is like /tmp: everyone may create files there, but not replace those of others. */
export function isSharedFolder(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  const shared = stats?.isDirectory() && stats.uid === 0 && (stats.mode & sticky) !== 0 && (stats.mode & 0o002) !== 0;
  return shared === true && untrustedPath(path, { uid: 0, credentialsFolder: undefined }) === undefined;
}

/** The mode of a link says nothing. */
function untrustedLink(path: string, stats: Stats, trust: Trust): Exposure | undefined {
  if (isTrustedOwner(stats, trust)) return undefined;
  return { why: `the link ${path} belongs to the user ID ${stats.uid}`, remedy: `chown -h root ${shellWord(path)}` };
}

/** All folders and links on the path to an existing file, in the system's order. */
function* partsOf(path: string): Generator<Part> {
  const { root } = parse(path);
  const words = path.slice(root.length).split(sep);
  let folder = partAt(root);
  for (const word of words) {
    yield folder;
    const next = partAt(join(folder.name, word));
    if (next.stats.isSymbolicLink()) {
      yield next;
      yield* partsOf(resolve(folder.name, readlinkSync(next.name)));
      folder = partAt(realpathSync(next.name));
    } else {
      folder = next;
    }
  }
}

interface Part {
  readonly name: string;
  readonly stats: Stats;
}

const partAt = (name: string): Part => ({ name, stats: lstatSync(name) });

const isTrustedOwner = ({ uid }: Stats, trust: Trust): boolean => uid === 0 || uid === trust.uid;
