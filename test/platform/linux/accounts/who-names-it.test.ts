import { expect, test } from "vitest";
import { usernameOf } from "../../../../agent/identity/username.ts";
import { createDirectory } from "../../../../agent/platform/linux/accounts/directory.ts";
import { isServiceUser } from "../../../../agent/platform/linux/accounts/local-user.ts";
import type { BoundedNames } from "../../../../agent/platform/posix/bounded-names.ts";
import type { WinbindNames } from "../../../../agent/platform/posix/name-sources.ts";
import type { Reading } from "../../../../agent/reading.ts";
import { makeRoot, type Tree } from "../tree.ts";
import { type ClientUser, clientOf } from "./client.ts";

/** An account is classified by its source, not by its number or the form of its name. */

interface Machine {
  readonly sources?: string;
  readonly nsswitch?: string;
  readonly people?: readonly ClientUser[];
  readonly names?: BoundedNames;
  readonly winbind?: WinbindNames;
  readonly tree?: Tree;
  readonly pause?: (attempt: number) => Promise<boolean>;
}

function machine({ sources = "files", nsswitch, people = [], names, winbind, tree = {}, pause }: Machine) {
  const text = nsswitch ?? `passwd: ${sources}\ngroup: ${sources}\n`;
  const root = makeRoot({ "etc/passwd": "root:x:0:0::/root:/bin/bash\n", ...tree, "etc/nsswitch.conf": text });
  const parts = { root, hostName: () => "desk7", pause: pause ?? (async () => false) };
  return createDirectory(parts, () => names ?? clientOf(people, [], winbind));
}

function value<T>(reading: Reading<T>): T {
  if (reading.kind !== "found") throw new Error(`the reading is ${reading.kind}`);
  return reading.value;
}

const passwd = (...lines: readonly string[]): Tree => ({ "etc/passwd": `${lines.join("\n")}\n` });

test.each([
  ["in systemd's range of dynamic users", "alice:x:62001:62001::/home/alice:/bin/bash", "local"],
  ["in systemd-homed's range", "alice:x:60100:60100::/home/alice:/bin/bash", "local"],
  ["numbered when people began at 500", "alice:x:600:600::/home/alice:/bin/bash", "local"],
  ["numbered long ago, on a home server", "alice:x:501:501::/export/home/alice:/bin/zsh", "local"],
  ["numbered long ago, with the default shell", "alice:x:701:701::/home/alice:", "local"],
  ["a service numbered long ago", "ldap:x:701:701::/var/lib/ldap:/bin/bash", "system"],
  ["a service without a shell", "svc:x:600:600::/home/svc:/usr/sbin/nologin", "system"],
  ["a service that useradd --system made", "svc:x:999:999::/home/svc:/bin/sh", "system"],
  ["a package's service", "postgres:x:112:117::/var/lib/postgresql:/bin/bash", "system"],
  ["nobody", "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin", "system"],
])("an account in passwd that is %s", async (_, line, kind) => {
  const tree = passwd(line);
  const uid = line.split(":")[2] ?? "";
  expect(value(await machine({ tree }).account(uid))).toMatchObject({ kind });
  expect(isServiceUser(makeRoot(tree), Number(uid))).toBe(kind === "system");
});

test.each([
  [62_001, {}, "domain"],
  [600, {}, "domain"],
  [60_100, {}, "domain"],
  [61_200, { "run/systemd/dynamic-uid/61200": "linkuser-x\n" }, "system"],
])("the user ID %i that a directory names, on a machine with %j", async (uid, tree, kind) => {
  const people = [{ name: "alice@ad.corp.test", uid, gid: 5000 }];
  expect(value(await machine({ sources: "files sss", people, tree }).account(String(uid)))).toMatchObject({ kind });
  expect(isServiceUser(makeRoot(tree), uid)).toBe(kind === "system");
});

test.each([
  ["systemd", "local"],
  ["sss", "domain"],
])("a user ID of systemd-homed's range that %s names", async (source, kind) => {
  const people = [{ name: "alice", uid: 60_100, gid: 5000, source }];
  const account = await machine({ sources: "files sss systemd", people }).account("60100");
  expect(value(account)).toMatchObject({ kind });
});

test("if the directory serves only groups, users who are in no file belong to this machine", async () => {
  const nsswitch = "passwd: files mymachines\ngroup: files sss\n";
  const people = [{ name: "vu-web-33", uid: 524_321, gid: 524_321 }];
  expect(value(await machine({ nsswitch, people }).account("524321"))).toMatchObject({ kind: "local" });
});

test("a name that a client spells in another case still means the same user", async () => {
  const groups = [{ gid: 5000, name: "CORP\\domain users" }];
  const of = (name: string) => machine({ sources: "files winbind", people: [{ name, uid: 5001, gid: 5000, groups }] });
  const account = value(await of("CORP\\Alice").account("5001"));
  expect(await of("CORP\\alice").groups(account)).toMatchObject({ kind: "found", value: [{ name: "domain users" }] });
});

test("a directory's group may have any number", async () => {
  const groups = [
    { gid: 61_500, name: "sales@ad.corp.test" },
    { gid: 60_200, name: "staff@ad.corp.test" },
  ];
  const people = [{ name: "alice@ad.corp.test", uid: 5001, gid: 5000, groups }];
  const directory = machine({ sources: "files sss", people });
  expect(value(await directory.groups(value(await directory.account("5001"))))).toMatchObject([
    { name: "sales", kind: "domain" },
    { name: "staff", kind: "domain" },
    {},
  ]);
});

test.each([
  ["files himmelblau", "alice.smith@contoso.com", "entra", "alice.smith@contoso.com"],
  ["files authd", "alice.smith@contoso.com", "entra", "alice.smith@contoso.com"],
  ["files aad systemd", "alice.smith@contoso.com", "entra", "alice.smith@contoso.com"],
  ["files ldap", "alice@kunde-a.example", "domain", "alice@kunde-a.example"],
  ["files nis", "alice@kunde-a.example", "domain", "alice@kunde-a.example"],
  ["files sss", "alice@ad.corp.test", "domain", "alice"],
  ["files lsass", "CORP\\alice", "domain", "alice"],
])("with the sources %s the name %s", async (sources, name, kind, username) => {
  const account = value(await machine({ sources, people: [{ name, uid: 5001, gid: 5000 }] }).account("5001"));
  expect(account.kind).toBe(kind);
  expect(usernameOf(account, "sam")).toMatchObject({ username, warnings: [] });
});

test.each([
  ["sss", "alice", "domain"],
  ["himmelblau", "alice@contoso.com", "entra"],
])("of several directories %s names the person", async (source, username, kind) => {
  const people = [{ name: "alice@contoso.com", uid: 5001, gid: 5000, source }];
  const account = value(await machine({ sources: "files sss himmelblau systemd", people }).account("5001"));
  expect(account).toMatchObject({ kind });
  expect(usernameOf(account, "sam")).toMatchObject({ username });
});

test("Entra ID's groups may be sent, and may be missing", async () => {
  const alice = { name: "alice@contoso.com", uid: 5001, gid: 5001 };
  const groups = [{ gid: 5100, name: "All Staff" }];
  const withGroups = machine({ sources: "files himmelblau", people: [{ ...alice, groups }] });
  const account = value(await withGroups.account("5001"));
  expect(value(await withGroups.groups(account))[0]).toMatchObject({ name: "All Staff", kind: "domain" });
  const without = machine({ sources: "files himmelblau", people: [alice] });
  expect(await without.groups(account)).toMatchObject({ kind: "found" });
});

test("winbind's separator splits users and groups, built-in ones too", async () => {
  const groups = [
    { gid: 5000, name: "CORP+domain users" },
    { gid: 5100, name: "BUILTIN+users" },
    { gid: 5200, name: "CORP+a+b" },
  ];
  const directory = machine({
    sources: "files winbind",
    people: [{ name: "CORP+alice", uid: 5001, gid: 5000, groups }],
    winbind: { separator: "+", domain: "CORP" },
  });
  const account = value(await directory.account("5001"));
  expect(account).toMatchObject({ sam: "alice", domain: "CORP" });
  expect(value(await directory.groups(account))).toMatchObject([
    { name: "domain users", domain: "CORP", kind: "domain", primary: true },
    { name: "users", domain: "BUILTIN", kind: "well-known" },
    { name: "a+b", domain: "CORP", kind: "domain" },
  ]);
});

test("a name with an unknown separator belongs to nobody", async () => {
  const directory = machine({ sources: "files winbind", people: [{ name: "CORP+alice", uid: 5001, gid: 5000 }] });
  expect(await directory.account("5001")).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("wbinfo --separator") },
  });
});

test.each([
  ["two names with one user ID", ["alice:x:1001:1001::/home/alice:/bin/sh", "anna:x:1001:1001::/home/anna:/bin/sh"]],
  ["one name with two user IDs", ["alice:x:1001:1001::/home/alice:/bin/sh", "alice:x:1002:1002::/home/a:/bin/sh"]],
])("%s are nobody", async (_, lines) => {
  const directory = machine({ tree: passwd(...lines) });
  expect(await directory.account("1001")).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  expect(await directory.accountByName("alice")).toMatchObject({ kind: "failed" });
});

test("a repeated line is one account, and the user ID 0 is root under any name", async () => {
  const alice = "alice:x:1001:1001::/home/alice:/bin/sh";
  const tree = passwd("root:x:0:0::/root:/bin/sh", "toor:x:0:0::/root:/bin/sh", alice, alice);
  expect(value(await machine({ tree }).account("1001"))).toMatchObject({ sam: "alice" });
  expect(value(await machine({ tree }).account("0"))).toMatchObject({ sam: "root" });
});

test("a user from NIS compatibility is the directory's", async () => {
  const nsswitch = "passwd: compat\npasswd_compat: ldap\ngroup: compat\ngroup_compat: ldap\n";
  const people = [{ name: "alice", uid: 5001, gid: 5000 }];
  expect(value(await machine({ nsswitch, people }).account("5001"))).toMatchObject({ kind: "domain" });
});

/** A directory's client that knows the names of some groups only when it is asked again. */
function slowClient(groups: Readonly<Record<number, string>>, knownFrom: number) {
  const asked = new Map<number, number>();
  const questions: string[] = [];
  const answer = (method: string, key: unknown): unknown => {
    questions.push(method);
    if (method === "groupIdsOf") return Object.keys(groups).map(Number);
    if (method !== "groupById") return { name: "alice@ad.corp.test", uid: 5001, gid: 10_513 };
    const gid = Number(key);
    const times = asked.get(gid) ?? 0;
    asked.set(gid, times + 1);
    return { gid, name: groups[gid]?.startsWith("late") && times < knownFrom ? undefined : groups[gid] };
  };
  const names: BoundedNames = { ask: async (method, ...parameters) => answer(method, parameters[0]) as never };
  return { names, questions };
}

test.each([
  ["are known at last", 2, ["late users", "late sales", "all staff"]],
  ["stay unknown", 99, ["", "", "all staff"]],
])("the names of groups that %s are asked for a bounded number of times", async (_, knownFrom, expected) => {
  const groups = { 10513: "late users", 10600: "late sales", 10700: "all staff" };
  const { names } = slowClient(groups, knownFrom);
  const attempts: number[] = [];
  const pause = async (attempt: number) => attempts.push(attempt) <= 3;
  const directory = machine({ sources: "files sss", names, pause });
  const rows = value(await directory.groups(value(await directory.account("5001"))));
  expect(
    rows
      .toSorted((a, b) => Number(a.primary) - Number(b.primary))
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(expected.toSorted());
  expect(attempts).toEqual(knownFrom === 2 ? [0, 1] : [0, 1, 2, 3]);
});

test("each of 1001 groups is looked up with its own time limit", async () => {
  const groups = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [20_000 + at, `team ${at}`]));
  const { names, questions } = slowClient({ ...groups, 10513: "domain users" }, 0);
  const directory = machine({ sources: "files sss", names });
  expect(value(await directory.groups(value(await directory.account("5001"))))).toHaveLength(1002);
  expect(questions.filter((one) => one === "groupById")).toHaveLength(1002);
});
