import fc from "fast-check";
import { expect, test } from "vitest";
import { directorySources, parseNsswitch, readNssSources } from "../../../../agent/platform/linux/accounts/nsswitch.ts";
import { makeRoot } from "../tree.ts";

test.each([
  ["a bare Debian", "passwd: files systemd\ngroup:  files systemd\n", []],
  ["SSSD as authselect sets it", "passwd:     sss files systemd\ngroup:      sss files systemd\n", ["sss"]],
  ["winbind", "passwd: files winbind\ngroup: files winbind\n", ["winbind"]],
  ["actions and a comment", "passwd: files [!NOTFOUND=return] ldap # nis\ngroup: files\n", ["ldap"]],
  ["groups alone", "passwd: files\ngroup: files\ninitgroups: files sss\n", ["sss"]],
  ["compatibility lines", "passwd: compat\npasswd_compat: ldap\ngroup: files\n", ["ldap"]],
  ["compatibility lines of groups", "passwd: files\ngroup: compat\ngroup_compat: sss\n", ["sss"]],
  ["compatibility lines without a source, which is NIS", "passwd: compat systemd\ngroup: files\n", ["nis"]],
  ["no lines", "", []],
])("%s", (_, text, directories) => {
  expect(directorySources(parseNsswitch(text))).toEqual(directories);
});

test("without the file everything is looked up in this machine's files", () => {
  expect(readNssSources(makeRoot())).toEqual({ users: ["files"], groups: ["files"] });
});

test("a distribution's own file counts if there is none in /etc", () => {
  const vendors = { "usr/etc/nsswitch.conf": "passwd: files sss\ngroup: files sss\n" };
  expect(readNssSources(makeRoot(vendors)).users).toEqual(["files", "sss"]);
  const own = { ...vendors, "etc/nsswitch.conf": "passwd: files\ngroup: files\n" };
  expect(readNssSources(makeRoot(own)).users).toEqual(["files"]);
});

test("the sources keep their order, and any text is read", () => {
  const source = fc.stringMatching(/^[a-z]{2,8}$/);
  fc.assert(
    fc.property(fc.uniqueArray(source, { minLength: 1, maxLength: 6 }), (sources) => {
      expect(parseNsswitch(`passwd:\t${sources.join("  ")}`).users).toEqual(sources);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseNsswitch(text).users.every((one) => one !== "" && !/\s/.test(one))).toBe(true);
    }),
  );
});
