import type { nameServiceSignatures } from "./libc.ts";

/** A user as the name service (NSS) gives it. */
export interface NssUser {
  readonly name: string;
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
}

/** A group as the name service gives it; the name is undefined where the ID has none. */
export interface NssGroup {
  readonly gid: number;
  readonly name: string | undefined;
}

export interface NameService {
  userById(uid: number): NssUser | undefined;
  userByName(name: string): NssUser | undefined;
  /**
   * The groups that the system's sources list for a user, nested ones where they resolve them. The primary group is
   * among them only where a source lists it too: getgrouplist(3) itself can't fail, and adding what it was given would
   * hide that a directory's client listed nothing.
   */
  groupsOf(name: string): NssGroup[];
  groupById(gid: number): NssGroup;
}

/**
 * Opens the C library's name service. Every call blocks until the system's sources have answered; "not found" is
 * undefined, anything else throws an Error with the errno as its message.
 *
 * CONTRACT: uses nothing but its parameters and globals. Its source text also runs in a worker (`bounded-names.ts`).
 */
export function openNameService(
  ffi: typeof import("node:ffi"),
  library: string,
  signatures: typeof nameServiceSignatures,
): NameService {
  const native = ffi.dlopen(library, signatures).functions;

  // struct passwd: pw_name @0, pw_uid @16, pw_gid @20; struct group: gr_name @0, gr_gid @16; alike on all LP64 Linux.
  const structSize = 64;
  const nameAt = 0;
  const uidAt = 16;
  const primaryGidAt = 20;
  const ERANGE = 34;
  /** getpwnam_r(3), "0 or ENOENT or ESRCH or EBADF or EPERM: the given name or uid was not found". */
  const notFound = [1, 2, 3, 9];
  const largestEntry = 64 * 1024 * 1024;

  type Call = (entry: Buffer, texts: Buffer, size: bigint, result: Buffer) => number;

  function lookUp(call: Call): { entry: Buffer; name: string } | undefined {
    for (let size = 4096; size <= largestEntry; size *= 4) {
      const entry = Buffer.alloc(structSize);
      const texts = Buffer.alloc(size);
      const result = Buffer.alloc(8);
      const error = call(entry, texts, BigInt(size), result);
      if (error === ERANGE) continue;
      if (notFound.includes(error)) return undefined;
      if (error !== 0) throw new Error(String(error));
      if (result.readBigUInt64LE() === 0n) return undefined;
      const start = Number(entry.readBigUInt64LE(nameAt) - ffi.getRawPointer(texts));
      return { entry, name: texts.toString("utf8", start, texts.indexOf(0, start)) };
    }
    throw new Error(String(ERANGE));
  }

  function user(call: Call): NssUser | undefined {
    const entry = lookUp(call);
    if (entry === undefined) return undefined;
    return { name: entry.name, uid: entry.entry.readUInt32LE(uidAt), gid: entry.entry.readUInt32LE(primaryGidAt) };
  }

  /** (gid_t) -2 is nobody's group; getgrouplist(3) puts the group that it is given in front of the list. */
  const noGroup = 0xffff_fffe;

  function groupIds(name: string): number[] {
    for (let room = 256; ; ) {
      const ids = Buffer.alloc(4 * room);
      const count = Buffer.alloc(4);
      count.writeInt32LE(room);
      const fits = native.getgrouplist(name, noGroup, ids, count) >= 0;
      const wanted = count.readInt32LE();
      if (fits) {
        const listed = Array.from({ length: wanted }, (_, at) => ids.readUInt32LE(4 * at));
        return [...new Set(listed)].filter((gid) => gid !== noGroup);
      }
      room = Math.max(wanted, 2 * room);
    }
  }

  const groupById = (gid: number): NssGroup => ({
    gid,
    name: lookUp((...rest) => native.getgrgid_r(gid, ...rest))?.name,
  });

  return {
    userById: (uid) => user((...rest) => native.getpwuid_r(uid, ...rest)),
    userByName: (name) => user((...rest) => native.getpwnam_r(name, ...rest)),
    groupsOf: (name) => groupIds(name).map(groupById),
    groupById,
  };
}
