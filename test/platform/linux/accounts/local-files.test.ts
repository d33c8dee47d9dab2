import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseFirstPersonUid,
  parseGroup,
  parsePasswd,
  readLocalFiles,
} from "../../../../agent/platform/linux/accounts/local-files.ts";
import { makeRoot } from "../tree.ts";

test("users and groups of all local sources are read together", () => {
  const root = makeRoot({
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n+nisuser::::::\nbroken:x\nalice:x:1000:1000::/home/alice:/bin/sh\n",
    "etc/group": "root:x:0:\nsales:x:1200:alice,bob\n",
    "usr/lib/passwd": "core:x:500:500::/home/core:/bin/bash\n",
  });
  const files = readLocalFiles(root, ["files", "altfiles", "sss"]);
  expect(files.users.map(({ name }) => name)).toEqual(["root", "alice", "core"]);
  expect(files.groups).toEqual([
    { name: "root", gid: 0, members: [] },
    { name: "sales", gid: 1200, members: ["alice", "bob"] },
  ]);
});

test.each([
  ["# UID_MIN 500\nUID_MIN\t\t\t 1000\n", 1000],
  ["UID_MIN 500\n", 500],
  ['UID_MIN "500" \r\n', 500],
  ["UID_MIN 500 # as before 2011\n", 500],
  ["", 1000],
])("login.defs %j gives the first person's uid %i", (text, uid) => {
  expect(parseFirstPersonUid(text)).toBe(uid);
});

const name = fc.stringMatching(/^[a-z_@\\][a-zA-Z0-9 @\\._-]{0,20}$/);
const id = fc.integer({ min: 0, max: 0xffff_fffe });

test("every well-formed line is read back", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ name, uid: id, gid: id, home: name, shell: name }), { maxLength: 8 }), (users) => {
      const text = users
        .map(({ name, uid, gid, home, shell }) => `${name}:x:${uid}:${gid}:,,,:${home}:${shell}\n`)
        .join("");
      expect(parsePasswd(text)).toEqual(users);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ name, gid: id, members: fc.array(name) }), { maxLength: 8 }), (groups) => {
      const text = groups.map((group) => `${group.name}:x:${group.gid}:${group.members.join(",")}\n`).join("");
      expect(parseGroup(text)).toEqual(groups);
    }),
  );
});

test("any text gives users with a name and a valid ID, or none", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const user of parsePasswd(text)) expect(user.name !== "" && user.uid <= 0xffff_fffe).toBe(true);
      for (const group of parseGroup(text)) expect(group.name !== "" && group.gid <= 0xffff_fffe).toBe(true);
    }),
  );
});
