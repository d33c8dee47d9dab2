import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf, systemErrorCode } from "../errors.ts";

/** An open file and its descriptor's stats. Closed where it is disposed of. */
export interface OpenFile extends Disposable {
  readonly descriptor: number;
  readonly stats: Stats;
}

export type Open = (path: string, flags: number, mode: number) => number;

/** `append` and `lock` create a missing file, `create` refuses an existing one. */
export type Access = "read" | "append" | "lock" | "create";

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants;
const accessFlags: Readonly<Record<Access, number>> = {
  read: O_RDONLY,
  append: O_WRONLY | O_APPEND | O_CREAT,
  lock: O_RDWR | O_CREAT,
  create: O_WRONLY | O_CREAT | O_EXCL,
};

/** Windows has none of them: there only administrators create links, and pipes have no names in folders. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;

/**
 * Opens a regular file that has no other name. Follows no link, waits for no pipe, and opens no device, because opening
 * it may already act. A new file is this user's alone.
 * @param moreFlags of open(2)
 * @throws the system's error, or one of {@link fault}
 */
export function openFile(path: string, access: Access, moreFlags = 0, open: Open = openSync): OpenFile {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before !== undefined && access !== "create") refuseOtherThanFile(before);
  const flags = accessFlags[access] | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | moreFlags;
  const descriptor = open(path, flags, 0o600);
  try {
    const stats = fstatSync(descriptor);
    refuseOtherThanFile(stats);
    return { descriptor, stats, [Symbol.dispose]: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function refuseOtherThanFile(stats: Stats): void {
  if (stats.isSymbolicLink()) throw fault("ELOOP");
  if (stats.isDirectory()) throw fault("EISDIR");
  if (!stats.isFile()) throw fault("ENOTREG");
  if (stats.nlink > 1) throw fault("EMLINK");
}

/**
 * Reads an open file's content.
 * @param maxSize bytes
 * @throws the system's error, or one of {@link fault}
 */
export function readBounded({ descriptor, stats }: OpenFile, maxSize: number): Buffer {
  if (stats.size > maxSize) throw fault("EFBIG", tooLarge(maxSize));
  const bytes = Buffer.alloc(stats.size);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (count === 0) return bytes.subarray(0, length);
    length += count;
  }
}

/** Reads a file, also where its name is a link. @param maxSize bytes @throws the system's error, or a {@link fault} */
export function readFileAt(path: string, maxSize: number): Buffer {
  using file = openFile(realpathSync(path), "read");
  return readBounded(file, maxSize);
}

/** Reads standard input to its end. @param maxSize bytes @throws the system's error, or a {@link fault} */
export function readStandardInput(maxSize: number): Buffer {
  const bytes = Buffer.alloc(maxSize + 1);
  let length = 0;
  for (;;) {
    const count = readSync(0, bytes, length, bytes.length - length, null);
    length += count;
    if (length > maxSize) throw fault("EFBIG", tooLarge(maxSize));
    if (count === 0) return bytes.subarray(0, length);
  }
}

const tooLarge = (maxSize: number): string => `it is larger than ${maxSize / 1024} KiB`;

/** Faults of files that the system itself would open. */
const words = {
  ELOOP: "it is a link",
  EISDIR: "it is a folder",
  ENOTREG: "it is not a regular file",
  EMLINK: "it has another name (a hard link); replace it with a copy",
  EFBIG: "it is too large",
  EILSEQ: "it is not UTF-8",
  EOTHERS: "other users can change it",
} as const;

/** A refusal of a file, in the form of a system error. */
export const fault = (code: keyof typeof words, why: string = words[code]): Error =>
  Object.assign(new Error(why), { code });

/** Whether the file is of a wrong kind, as opposed to one that the system could not open. */
export const isFault = (thrown: unknown): boolean => Object.hasOwn(words, systemErrorCode(thrown) ?? "");

/** Words for the system's errors about files, errno(3). */
const systemWords: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "another program uses it",
  EDQUOT: "the user's disk quota is used up",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "part of the path is a file, not a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

/** Completes "… can't be used: " in words, or by the system's code if it has none here. */
export function whyNot(thrown: unknown): string {
  if (isFault(thrown)) return (thrown as Error).message;
  const code = systemErrorCode(thrown);
  return code === undefined ? "an unknown error" : (systemWords[code] ?? code);
}

/** The same for any error: one that is not the system's gives its own message. */
export const reasonOf = (thrown: unknown): string =>
  systemErrorCode(thrown) === undefined ? messageOf(thrown) : whyNot(thrown);

/** The next step for a path that a user named for a new file: a sentence after a space, or an empty text. */
export function pathHint(thrown: unknown): string {
  if (isNoSuchFile(thrown)) return " Name a file in a folder that exists.";
  return isDenial(thrown) || systemErrorCode(thrown) === "EROFS"
    ? " Name a file in a folder that this user may write to."
    : "";
}

/** Whether the file is missing, or a folder above it. */
export const isNoSuchFile = (thrown: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(systemErrorCode(thrown) ?? "");

/** Whether other rights would do. */
export const isDenial = (thrown: unknown): boolean => ["EACCES", "EPERM"].includes(systemErrorCode(thrown) ?? "");

/**
 * The dangling link on a path for which the system reports ENOENT. Undefined if just the name or a folder on the path
 * is missing.
 */
export function danglingLink(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) {
    return stats.isSymbolicLink() && statSync(path, { throwIfNoEntry: false }) === undefined ? path : undefined;
  }
  const folder = dirname(path);
  return folder === path ? undefined : danglingLink(folder);
}

/**
 * The text of a file, without the byte order mark that Windows editors put in front.
 * @throws a {@link fault} for other encodings than UTF-8, without any of the content
 */
export function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Text of JSON has no NUL; without a mark every other byte of UTF-16 is one.
  if (marked || bytes.subarray(0, 4).includes(0)) throw fault("EILSEQ", "it is UTF-16; save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const line = lineOfFault(bytes);
    throw fault("EILSEQ", `it is not UTF-8 (line ${line}); save it as UTF-8`);
  }
}

function lineOfFault(bytes: Buffer): number {
  const { isUtf8 } = process.getBuiltinModule("node:buffer");
  let line = 1;
  for (let from = 0; ; line++) {
    const end = bytes.indexOf(0x0a, from);
    if (end === -1 || !isUtf8(bytes.subarray(from, end))) return line;
    from = end + 1;
  }
}
