import ffi from "node:ffi";
import { expect, test } from "vitest";
import { allowsSomebody, openedByList, readAccessList } from "../../../agent/platform/macos/access-lists.ts";

const everyone = "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12";
const alice = "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5:alice:501";

test.each([
  ["what homes have", `!#acl 1\n${everyone}:deny:delete\n`, false],
  ["inherited denials", `!#acl 1\n${everyone}:deny,inherited,file_inherit:write,delete\n`, false],
  ["nothing", "!#acl 1\n", false],
  ["everyone may read", `!#acl 1\n${everyone}:allow:read\n`, true],
  ["inherited", `!#acl 1\n${alice}:allow,inherited:read,write\n`, true],
  ["a denial before", `!#acl 1\n${everyone}:deny:delete\n${alice}:allow:read\n`, true],
  ["a name that looks like a denial", "!#acl 1\ngroup:ABCD:x:deny:delete:12:allow:read\n", true],
])("%s", (_what, list, allows) => {
  expect(allowsSomebody(list)).toBe(allows);
});

test("the remedy names the file as a shell takes it", () => {
  const path = "/Library/Application Support/x";
  expect(openedByList(path, () => undefined)).toBeUndefined();
  expect(openedByList(path, () => `${everyone}:allow:read`)).toMatchObject({ remedy: `chmod -N '${path}'` });
});

/** A libSystem whose memory is this process's. */
function native({ text = "", list = 1n, errno = 2 } = {}) {
  const bytes = Buffer.from(text);
  const errnoBytes = Buffer.alloc(4);
  errnoBytes.writeInt32LE(errno);
  const freed: unknown[] = [];
  const at = text === "" ? 0n : ffi.getRawPointer(bytes);
  const calls = {
    acl_get_file: () => list,
    acl_to_text: (_list: unknown, length: unknown) => {
      (length as Buffer).writeBigInt64LE(BigInt(bytes.length));
      return at;
    },
    acl_free: (pointer: unknown) => freed.push(pointer),
    __error: () => ffi.getRawPointer(errnoBytes),
  };
  return { calls, freed, at };
}

test("a list is read as text, and both are freed", () => {
  const { calls, freed, at } = native({ text: `!#acl 1\n${everyone}:allow:read\n` });
  expect(readAccessList("/x", calls)).toBe(`!#acl 1\n${everyone}:allow:read\n`);
  expect(freed).toEqual([at, 1n]);
});

test("ENOENT means that there is no list; anything else is an error", () => {
  expect(readAccessList("/x", native({ list: 0n }).calls)).toBeUndefined();
  expect(() => readAccessList("/x", native({ list: 0n, errno: 13 }).calls)).toThrow("errno 13");
});

test("a list without a text is an error, and freed", () => {
  const { calls, freed } = native();
  expect(() => readAccessList("/x", calls)).toThrow("an unknown format");
  expect(freed).toEqual([1n]);
});
