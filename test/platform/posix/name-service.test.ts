import { expect, test } from "vitest";
import { openNameService } from "../../../agent/platform/posix/name-service.ts";

type Ffi = typeof import("node:ffi");

/** Where the texts of the made-up library lie. */
const address = 0x1_0000_0000n;

/** A library that fills structures by macOS' headers, and does not change a count that is too small. */
function macos({ groups = [20, 12], neededText = 16 } = {}): Ffi {
  type Fill = (entry: Buffer) => void;
  const answer = (fill: Fill) => (_key: unknown, entry: Buffer, texts: Buffer, size: bigint, result: Buffer) => {
    if (size < neededText) return 34;
    texts.write("alice\0", 8);
    entry.writeBigUInt64LE(address + 8n);
    fill(entry);
    result.writeBigUInt64LE(1n);
    return 0;
  };
  const functions = {
    getpwuid_r: answer((entry) => {
      // pw_passwd, pw_uid, pw_gid, pw_change, pw_class, pw_gecos, pw_dir, pw_shell, pw_expire
      entry.writeUInt32LE(501, 16);
      entry.writeUInt32LE(20, 20);
      for (let at = 24; at < 72; at += 8) entry.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, at);
    }),
    getpwnam_r: () => 0,
    getgrgid_r: answer((entry) => entry.writeUInt32LE(20, 16)),
    getgrouplist: (_name: string, base: number, ids: Buffer, count: Buffer) => {
      const all = [base, ...groups];
      if (count.readInt32LE() < all.length) return -1;
      all.forEach((gid, at) => void ids.writeUInt32LE(gid, 4 * at));
      count.writeInt32LE(all.length);
      return 0;
    },
  };
  return { dlopen: () => ({ functions }), getRawPointer: () => address } as unknown as Ffi;
}

const open = (ffi: Ffi) => openNameService(ffi, "libSystem");

test("macOS' passwd, whose further fields fill 72 bytes", () => {
  expect(open(macos()).userById(501)).toEqual({ name: "alice", uid: 501, gid: 20 });
});

test("a name that is not there is undefined", () => {
  expect(open(macos()).userByName("nobody-here")).toBeUndefined();
});

test("a buffer that is too small grows", () => {
  expect(open(macos({ neededText: 100_000 })).groupById(20)).toEqual({ gid: 20, name: "alice" });
});

test("groups are listed without the one that the call puts first, even if more room is needed than reported", () => {
  const many = Array.from({ length: 3000 }, (_, at) => 1000 + at);
  expect(open(macos({ groups: many })).groupIdsOf("alice")).toHaveLength(3000);
});

test("a list that never fits ends in an error", () => {
  const ffi = macos();
  const { functions } = ffi.dlopen("libSystem", {}) as unknown as { functions: Record<string, unknown> };
  functions["getgrouplist"] = () => -1;
  const never = { ...ffi, dlopen: () => ({ functions }) } as unknown as Ffi;
  expect(() => open(never).groupIdsOf("alice")).toThrow("34");
});
