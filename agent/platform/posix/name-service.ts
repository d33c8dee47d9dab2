import { constants, layout, prototypes, readField } from "../native-layout.ts";
import { passwd, sourceOf, type WinbindNames, winbindNames } from "./name-sources.ts";

/** macOS has `int` for `gid_t` in getgrouplist(3). */
const signatures = prototypes(
  "the C library",
  `
  int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result);
  int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result);
  int getgrgid_r(gid_t gid, struct group *grp, char *buf, size_t buflen, struct group **result);
  int getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups);
`,
);

/** The group of nobody; getgrouplist(3) puts its given group in front of the list. */
const { "(gid_t)-2": noGroup } = constants("sys/types.h", { "(gid_t)-2": 0xffff_fffe });
const group = layout("grp.h", "struct group", 32, { gr_name: [0, "pointer"], gr_gid: [16, "u32"] });
const { ERANGE, ...notFound } = constants("errno.h", { ERANGE: 34, EPERM: 1, ENOENT: 2, ESRCH: 3, EBADF: 9 });
/** getpwnam_r(3), "0 or ENOENT or ESRCH or EBADF or EPERM: the given name or uid was not found". */
const notFoundErrors: readonly number[] = Object.values(notFound);

/** A user of the name service. */
export interface NamedUser {
  readonly name: string;
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
}

/** A group of the name service; the name is undefined if the ID has none. */
export interface NamedGroup {
  readonly gid: number;
  readonly name: string | undefined;
}

/** Users and groups by the C library; each method blocks and may throw. */
export interface NameService {
  userById(uid: number): NamedUser | undefined;
  userByName(name: string): NamedUser | undefined;
  /**
   * The IDs of the groups that the system's sources list for a user, nested ones where they resolve them. The primary
   * group is included only if a source lists it: getgrouplist(3) can't fail, and its own addition would hide that a
   * directory's client listed nothing.
   */
  groupIdsOf(name: string): number[];
  groupById(gid: number): NamedGroup;
  /** The first of these NSS sources that has a user ID; used only on Linux. */
  sourceOf(uid: number, sources: readonly string[]): string | undefined;
  /** How winbind writes names; undefined if it can't be asked. */
  winbindNames(): WinbindNames | undefined;
}

/** A call of {@link NameService}. */
export interface NameQuestion {
  readonly method: keyof NameService;
  readonly parameters: readonly unknown[];
}

/** Opens the name service for questions as data. @param library as dlopen takes it */
export function answerNames(library: string): (question: NameQuestion) => unknown {
  const service = openNameService(process.getBuiltinModule("node:ffi"), library);
  return ({ method, parameters }) => (service[method] as (...all: readonly unknown[]) => unknown)(...parameters);
}

/**
 * Opens the C library's name service. Every call blocks until the system's sources have answered; "not found" is
 * undefined, anything else throws an Error with the errno as its message.
 * @param library as dlopen takes it
 */
export function openNameService(ffi: typeof import("node:ffi"), library: string): NameService {
  const native = ffi.dlopen(library, signatures).functions;
  /** The text at an address in some bytes, up to its zero byte. */
  const textAt = (address: bigint, bytes: Buffer): string => {
    const start = Number(address - ffi.getRawPointer(bytes));
    return bytes.toString("utf8", start, bytes.indexOf(0, start));
  };
  const user = (call: EntryCall): NamedUser | undefined => {
    const answer = lookUp(call, passwd.size);
    if (answer === undefined) return undefined;
    const { entry, texts } = answer;
    const name = textAt(readField(passwd, "pw_name", entry), texts);
    return { name, uid: readField(passwd, "pw_uid", entry), gid: readField(passwd, "pw_gid", entry) };
  };
  return {
    userById: (uid) => user((...rest) => native.getpwuid_r(uid, ...rest)),
    userByName: (name) => user((...rest) => native.getpwnam_r(name, ...rest)),
    groupIdsOf: (name) => groupIdsBy((...rest) => native.getgrouplist(name, noGroup, ...rest)),
    groupById: (gid) => {
      const answer = lookUp((...rest) => native.getgrgid_r(gid, ...rest), group.size);
      return { gid, name: answer && textAt(readField(group, "gr_name", answer.entry), answer.texts) };
    },
    sourceOf: (uid, sources) => sourceOf(ffi, uid, sources),
    winbindNames: () => winbindNames(ffi),
  };
}

type EntryCall = (entry: Buffer, texts: Buffer, size: bigint, result: Buffer) => number;

const maxEntry = 64 * 1024 * 1024;

function lookUp(call: EntryCall, structSize: number): { entry: Buffer; texts: Buffer } | undefined {
  for (let size = 4096; size <= maxEntry; size *= 4) {
    const entry = Buffer.alloc(structSize);
    const texts = Buffer.alloc(size);
    const result = Buffer.alloc(8);
    const error = call(entry, texts, BigInt(size), result);
    if (error === ERANGE) continue;
    if (notFoundErrors.includes(error)) return undefined;
    if (error !== 0) throw new Error(String(error));
    if (result.readBigUInt64LE() === 0n) return undefined;
    return { entry, texts };
  }
  throw new Error(String(ERANGE));
}

const maxGroups = 1024 * 1024;

function groupIdsBy(call: (ids: Buffer, count: Buffer) => number): number[] {
  // macOS does not change the count if the buffer is too small.
  for (let room = 256; room <= maxGroups; ) {
    const ids = Buffer.alloc(4 * room);
    const count = Buffer.alloc(4);
    count.writeInt32LE(room);
    const fits = call(ids, count) >= 0;
    const wanted = count.readInt32LE();
    if (fits) {
      const listed = Array.from({ length: wanted }, (_, at) => ids.readUInt32LE(4 * at));
      return [...new Set(listed)].filter((gid) => gid !== noGroup);
    }
    room = Math.max(wanted, 2 * room);
  }
  throw new Error(String(ERANGE));
}
