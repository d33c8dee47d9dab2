import { expect, test } from "vitest";
import { allowsSomebody, openedByList } from "../../../agent/platform/macos/access-lists.ts";

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
  expect(openedByList(path, () => `${everyone}:allow:read`)).toContain(`chmod -N '${path}'`);
});
