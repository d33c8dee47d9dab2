import fc from "fast-check";
import { expect, test } from "vitest";
import { createDirectory } from "../../../../agent/platform/macos/accounts/directory.ts";
import { parseDirectoryRecord, parseGroupIds } from "../../../../agent/platform/macos/accounts/directory-record.ts";
import type { RunTool } from "../../../../agent/platform/macos/tools.ts";
import type { NamedGroup } from "../../../../agent/platform/posix/name-service.ts";
import { printed } from "../fixture.ts";
import { namesOf } from "../names.ts";

const users = [
  { name: "root", uid: 0, gid: 0 },
  { name: "_mbsetupuser", uid: 248, gid: 248 },
  { name: "alice", uid: 501, gid: 20 },
  { name: "zoë", uid: 1_166_999_417, gid: 1_700_000_001 },
  { name: "jsmith", uid: 1_166_999_418, gid: 1_700_000_001 },
  { name: "CORP\\carol", uid: 1_166_999_419, gid: 1_700_000_001 },
];
const staff: NamedGroup = { gid: 20, name: "staff" };
const everyone: NamedGroup = { gid: 12, name: "everyone" };
const domainUsers: NamedGroup = { gid: 1_700_000_001, name: "CORP\\Domain Users" };
const sales: NamedGroup = { gid: 1_700_000_002, name: "CORP\\Sales EMEA" };

const run: RunTool = (tool, node, command, path) => {
  expect(tool).toBe("dscl");
  if (command === "-list") return printed("dscl-groups");
  if (command === "-search") return "";
  expect([node, command]).toEqual(["/Search", "-read"]);
  if (path === "/Users/alice") return printed("dscl-local");
  if (path === "/Users/zoë") return printed("dscl-mobile");
  return printed("dscl-network").replace("1166999418", path === "/Users/jsmith" ? "1166999418" : "1166999419");
};

function directory(groups: Readonly<Record<string, readonly NamedGroup[]>> = {}, tool: RunTool = run) {
  return createDirectory(namesOf(users, groups), tool, async () => false);
}

test.each([
  ["0", { sam: "root", kind: "local" }],
  ["248", { sam: "_mbsetupuser", kind: "system" }],
  ["501", { sam: "alice", domain: undefined, upn: undefined, kind: "local" }],
  ["1166999417", { sam: "zoë", domain: "CORP", upn: undefined, kind: "domain" }],
  ["1166999418", { sam: "jsmith", domain: "CORP", upn: "jsmith@corp.example.com", kind: "domain" }],
  ["1166999419", { systemName: "CORP\\carol", sam: "carol", domain: "CORP", kind: "domain" }],
])("the account with the user ID %s", async (userKey, expected) => {
  expect(await directory().account(userKey)).toMatchObject({ kind: "found", value: { userKey, ...expected } });
});

test.each(["", "-1", "4294967295", "alice", "12345678901"])("%j is no user ID", async (userKey) => {
  expect(await directory().account(userKey)).toMatchObject({ kind: "absent" });
});

test("an account by its name, and unknown names", async () => {
  expect(await directory().accountByName("alice")).toMatchObject({ value: { userKey: "501" } });
  expect(await directory().accountByName("nobody-here")).toMatchObject({ kind: "absent" });
  expect(await directory().accountByName("alice/../root")).toMatchObject({ kind: "absent" });
});

test("a record of somebody else is a failure", async () => {
  const wrong: RunTool = () => printed("dscl-local").replace("501", "502");
  expect(await directory({}, wrong).account("501")).toMatchObject({
    kind: "failed",
    error: { code: "identity-unreadable" },
  });
  expect(await directory({}, () => "").account("501")).toMatchObject({ kind: "failed" });
});

test("a name that leads to somebody else is a failure", async () => {
  const twice = namesOf([
    { name: "alice", uid: 501, gid: 20 },
    { name: "alice", uid: 777, gid: 20 },
  ]);
  expect(await createDirectory(twice, run, async () => false).account("777")).toMatchObject({ kind: "failed" });
});

test.each([
  ["/Active Directory/CORP/All Domains", "domain", undefined],
  ["/Active Directory/CORP/child.corp.example.com", "domain", "child.corp.example.com"],
  ["/Active Directory/CORP", "domain", undefined],
  ["/LDAPv3/ldap.example.com", "domain", undefined],
  ["/Local/Default", "local", undefined],
])("an account in %s without the NetBIOS name", async (node, kind, domain) => {
  const tool: RunTool = () => `AppleMetaNodeLocation:\n ${node}\nUniqueID: 501\n`;
  expect(await directory({}, tool).account("501")).toMatchObject({ value: { kind, domain } });
});

test("a directory may give a person a number below 500", async () => {
  const low = namesOf([{ name: "carol", uid: 120, gid: 20 }]);
  const tool: RunTool = (_, _node, command) =>
    command === "-read" ? "AppleMetaNodeLocation: /LDAPv3/ldap.example.com\nUniqueID: 120\n" : "";
  expect(await createDirectory(low, tool, async () => false).account("120")).toMatchObject({
    value: { sam: "carol", kind: "domain" },
  });
});

test("two names with one user ID lead to no user", async () => {
  const tool: RunTool = (name, ...parameters) =>
    parameters[1] === "-search"
      ? "alice\t\tUniqueID = (\n    501\n)\nalice2\t\tUniqueID = (\n    501\n)\n"
      : run(name, ...parameters);
  expect(await directory({}, tool).account("501")).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("alice and alice2 both have the user ID 501") },
  });
});

async function groupsOf(userKey: string, groups: Readonly<Record<string, readonly NamedGroup[]>>) {
  const people = directory(groups);
  const account = await people.account(userKey);
  if (account.kind !== "found") throw new Error("no account");
  return await people.groups(account.value);
}

test("groups of a local account are local", async () => {
  expect(await groupsOf("501", { alice: [staff, everyone] })).toMatchObject({
    value: [
      { name: "staff", kind: "local", primary: true },
      { name: "everyone", kind: "local", primary: false },
    ],
  });
});

test("groups of a directory's account: its own may be sent, this Mac's not", async () => {
  expect(await groupsOf("1166999417", { zoë: [everyone, sales, domainUsers] })).toMatchObject({
    value: [
      { name: "everyone", kind: "local" },
      { systemName: "CORP\\Sales EMEA", name: "Sales EMEA", domain: "CORP", kind: "domain", primary: false },
      { name: "Domain Users", kind: "domain", primary: true },
    ],
  });
});

test("the primary group counts also where it is not listed", async () => {
  expect(await groupsOf("1166999417", { zoë: [sales], others: [domainUsers] })).toMatchObject({
    value: [{ name: "Sales EMEA" }, { name: "Domain Users", primary: true }],
  });
});

test("away from the directory, groups without names are unknown", async () => {
  expect(await groupsOf("1166999417", { zoë: [everyone] })).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("unreachable") },
  });
});

test("an empty list of this Mac's groups is a failure: all groups would look like the directory's", async () => {
  const tool: RunTool = (name, ...parameters) => (parameters[1] === "-list" ? "" : run(name, ...parameters));
  const people = createDirectory(namesOf(users, { zoë: [everyone, sales] }), tool, async () => false);
  const account = await people.account("1166999417");
  expect(account.kind === "found" && (await people.groups(account.value))).toMatchObject({ kind: "failed" });
});

test("negative numbers are the kernel's unsigned ones", () => {
  expect(parseGroupIds(printed("dscl-groups"))).toEqual(new Set([83, 80, 399, 12, 61, 62, 4_294_967_294, 20, 0]));
  expect(parseDirectoryRecord("AppleMetaNodeLocation: /Local/Default\nUniqueID: -2\n")?.uid).toBe(4_294_967_294);
});

test("a value is read from its line or the next, in any context", () => {
  const noise = fc.constantFrom("No such key: Picture", "RealName:\n Alice Example", "Comment: a: b", "");
  fc.assert(
    fc.property(fc.array(noise), fc.array(noise), fc.boolean(), (before, after, own) => {
      const node = own
        ? "AppleMetaNodeLocation:\n /Active Directory/CORP/All Domains"
        : "AppleMetaNodeLocation: /Local/Default";
      const text = [...before, node, "UniqueID: 501", ...after].join("\n");
      expect(parseDirectoryRecord(text)?.location).toBe(own ? "/Active Directory/CORP/All Domains" : "/Local/Default");
    }),
  );
});
