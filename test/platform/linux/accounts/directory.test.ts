import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { chooseGroup } from "../../../../agent/identity/group-choice.ts";
import { usernameOf } from "../../../../agent/identity/username.ts";
import { createDirectory } from "../../../../agent/platform/linux/accounts/directory.ts";
import type { BoundedNames } from "../../../../agent/platform/posix/bounded-names.ts";
import type { Reading } from "../../../../agent/reading.ts";
import { makeRoot } from "../tree.ts";
import { type ClientUser, clientOf } from "./client.ts";

const noAnswer: BoundedNames = {
  ask: async () => {
    throw new AgentError("identity-unreadable", "no answer");
  },
};

const files = {
  "etc/passwd": [
    "root:x:0:0::/root:/bin/bash",
    "daemon:x:1:1::/:/bin/false",
    "bob:x:1000:1000::/home/bob:/bin/bash",
    "alice@other.example:x:1001:1001::/home/a:/bin/bash",
  ].join("\n"),
  "etc/group": "bob:x:1000:\nsudo:x:27:bob\ndaemon:x:1:\n",
};

function machine(client: BoundedNames, source = "winbind", order = "files SOURCE") {
  const sources = order.replace("SOURCE", source);
  const root = makeRoot({ ...files, "etc/nsswitch.conf": `passwd: ${sources}\ngroup: ${sources}\n` });
  return createDirectory({ root, hostName: () => "desk7.corp.test", pause: async () => false }, () => client);
}

const domainUsers = { gid: 100_513, name: "CORP\\domain users" };
const alice: ClientUser = {
  name: "CORP\\alice",
  uid: 101_103,
  gid: 100_513,
  groups: [
    { gid: 101_103, name: "CORP\\alice" },
    domainUsers,
    { gid: 101_104, name: "CORP\\sales emea" },
    { gid: 10_001, name: "BUILTIN\\users" },
    { gid: 10_002, name: "DESK7\\operators" },
    { gid: 27, name: "sudo" },
    { gid: 10_003, name: undefined },
  ],
};

function value<T>(reading: Reading<T>): T {
  if (reading.kind !== "found") throw new Error(`the reading is ${reading.kind}`);
  return reading.value;
}

test("a domain user of winbind is split into name and domain", async () => {
  expect(value(await machine(clientOf([alice])).account("101103"))).toEqual({
    userKey: "101103",
    systemName: "CORP\\alice",
    sam: "alice",
    domain: "CORP",
    upn: undefined,
    kind: "domain",
  });
});

test("local, built-in, nameless groups and the user's own SID are distinguished from the domain's", async () => {
  const directory = machine(clientOf([alice]));
  const groups = value(await directory.groups(value(await directory.account("101103"))));
  expect(groups.map(({ name, kind, primary }) => [name, kind, primary])).toEqual([
    ["domain users", "domain", true],
    ["sales emea", "domain", false],
    ["users", "well-known", false],
    ["operators", "local", false],
    ["sudo", "local", false],
    ["", "domain", false],
  ]);
});

test("a user of this machine has only this machine's groups, even if the directory has the name", async () => {
  const twin = { name: "bob", uid: 201_000, gid: 200_513, groups: [{ gid: 200_777, name: "finance" }] };
  const directory = machine(clientOf([twin]), "sss");
  const local = value(await directory.accountByName("bob"));
  expect(local).toMatchObject({ userKey: "1000", kind: "local" });
  expect(value(await directory.groups(local)).map(({ name, kind }) => [name, kind])).toEqual([
    ["bob", "local"],
    ["sudo", "local"],
  ]);
});

test("the directory's user of a local name keeps the directory's groups", async () => {
  const twin = {
    name: "bob",
    uid: 201_000,
    gid: 200_513,
    groups: [
      { gid: 27, name: "sudo" },
      { gid: 200_777, name: "finance" },
    ],
  };
  const directory = machine(clientOf([twin], [{ gid: 200_513, name: "domain users" }]), "sss");
  const account = value(await directory.account("201000"));
  expect(account).toMatchObject({ sam: "bob", kind: "domain" });
  const choice = chooseGroup(value(await directory.groups(account)), {
    groupPrefer: ["sudo", "fin*"],
    groupFallback: "none",
  });
  expect(choice.group).toBe("finance");
});

test.each([
  ["files SOURCE", "1000"],
  ["SOURCE files", "201000"],
])("with the sources %s the name bob leads to the user ID %s, as it does for the system", async (order, userKey) => {
  const directory = machine(clientOf([{ name: "bob", uid: 201_000, gid: 200_513 }]), "sss", order);
  expect(value(await directory.accountByName("bob"))).toMatchObject({ userKey });
});

test("a local name may look like a domain's", async () => {
  expect(value(await machine(clientOf([])).accountByName("alice@other.example"))).toMatchObject({
    sam: "alice@other.example",
    domain: undefined,
    kind: "local",
  });
});

test("a UPN leads to the account under its own name", async () => {
  const mallory = { name: "mallory@ad.corp.test", uid: 5001, gid: 5000 };
  const { ask } = clientOf([mallory]);
  const names: BoundedNames = {
    ask: (method, ...parameters) =>
      method === "userByName" && parameters[0] === "alice@trusted.example"
        ? (Promise.resolve(mallory) as never)
        : ask(method, ...parameters),
  };
  expect(value(await machine(names, "sss").accountByName("alice@trusted.example"))).toMatchObject({
    systemName: "mallory@ad.corp.test",
    sam: "mallory",
    domain: "ad.corp.test",
    upn: undefined,
  });
});

test.each([
  ["leads to nobody", []],
  ["leads to somebody else", [{ name: "eve@home.test", uid: 5002, gid: 5000 }]],
])("a user whose name %s is unclear", async (_, others) => {
  const eve = { name: "eve@home.test", uid: 5001, gid: 5000 };
  const { ask } = clientOf(others);
  const names: BoundedNames = {
    ask: (method, ...parameters) =>
      method === "userById" ? (Promise.resolve(eve) as never) : ask(method, ...parameters),
  };
  expect(await machine(names, "sss").account("5001")).toMatchObject({ kind: "failed" });
});

test("a directory's name with a local user's ID is unclear", async () => {
  const clash = { name: "CORP\\carol", uid: 1000, gid: 100_513 };
  expect(await machine(clientOf([clash])).accountByName("CORP\\carol")).toMatchObject({ kind: "failed" });
});

test.each([
  ["SSSD: none", []],
  ["winbind: the user's own SID", [{ gid: 101_113, name: "CORP\\many" }]],
  ["winbind: built-in ones beside it", [{ gid: 10_001, name: "BUILTIN\\users" }]],
])("what an off-line client lists of groups not seen yet is a failure (%s)", async (_, groups) => {
  const directory = machine(clientOf([{ name: "CORP\\many", uid: 101_113, gid: 100_513, groups }], [domainUsers]));
  const reading = await directory.groups(value(await directory.account("101113")));
  expect(reading).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
});

test("a primary group that the client does not list is added", async () => {
  const client = clientOf([{ ...alice, groups: [{ gid: 101_104, name: "CORP\\sales emea" }] }], [domainUsers]);
  const directory = machine(client);
  const groups = value(await directory.groups(value(await directory.account("101103"))));
  expect(groups.map(({ name, primary }) => [name, primary])).toEqual([
    ["sales emea", false],
    ["domain users", true],
  ]);
});

test("a group's name that winbind has cut is not taken for a name", async () => {
  const cut = `CORP\\${"L".repeat(250)}`;
  const groups = [domainUsers, { gid: 101_700, name: cut }, { gid: 101_701, name: cut.slice(0, -1) }];
  const directory = machine(clientOf([{ ...alice, groups }]));
  const names = value(await directory.groups(value(await directory.account("101103")))).map(({ name }) => name);
  expect(names).toEqual(["domain users", "", "L".repeat(249)]);
});

test("without domains SSSD's group name stays whole in any form", async () => {
  const groups = [
    { gid: 5000, name: "domain users" },
    { gid: 5100, name: "at@other.example" },
  ];
  const directory = machine(clientOf([{ name: "alice", uid: 5001, gid: 5000, groups }]), "sss");
  const names = value(await directory.groups(value(await directory.account("5001")))).map(({ name }) => name);
  expect(names).toEqual(["domain users", "at@other.example"]);
});

test("a user who was renamed between two lookups is unclear", async () => {
  const before = value(await machine(clientOf([alice])).account("101103"));
  const renamed = clientOf([{ ...alice, name: "CORP\\alicia" }]);
  expect(await machine(renamed).groups(before)).toMatchObject({ kind: "failed" });
});

test("a directory that does not answer is a failure; local users are still found", async () => {
  const directory = machine(noAnswer);
  expect(await directory.account("101103")).toMatchObject({ kind: "failed" });
  expect(await directory.accountByName("CORP\\alice")).toMatchObject({ kind: "failed" });
  expect(await directory.account("1000")).toMatchObject({ kind: "found", value: { sam: "bob" } });
});

test.each(["-1", "4294967295", "1e3", "", "S-1-5-18"])("%j is no user ID", async (key) => {
  expect(await machine(clientOf([])).account(key)).toMatchObject({ kind: "absent" });
});

test.each(["", "a\0b", "x".repeat(1025)])("no account can have the name %j", async (name) => {
  expect(await machine(noAnswer).accountByName(name)).toMatchObject({ kind: "absent" });
});

test.each([
  ["1", "system"],
  ["0", "local"],
  ["1000", "local"],
])("the local user ID %s is an account of the kind %s", async (key, kind) => {
  expect(value(await machine(clientOf([])).account(key))).toMatchObject({ kind });
});

test("the user ID of the account nobody counts as a system account's", async () => {
  const client = clientOf([{ name: "nobody", uid: 65_534, gid: 65_534 }]);
  expect(value(await machine(client).account("65534"))).toMatchObject({ kind: "system", domain: undefined });
});

test("an account of this machine's own Samba is local", async () => {
  const client = clientOf([{ name: "DESK7\\carol", uid: 10_500, gid: 10_513 }]);
  expect(value(await machine(client).account("10500"))).toMatchObject({
    sam: "carol",
    kind: "local",
    domain: undefined,
  });
});

test("a name that is not valid text is unclear, and not sent damaged", async () => {
  const client = clientOf([{ name: "CORP\\j\uFFFDrgen", uid: 101_500, gid: 100_513 }]);
  expect(await machine(client).account("101500")).toMatchObject({ kind: "failed" });
});

test("no directory answer gives a group that the user is not in, or a name outside 1 to 256 characters", async () => {
  const name = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    fc.integer({ min: 250, max: 270 }).map((n) => "n".repeat(n)),
    fc.constantFrom(
      "CORP\\Sales EMEA",
      "sales@ad.corp.test",
      "BUILTIN\\users",
      "Vertrieb Süd",
      "bob",
      "sudo",
      "CORP\\",
    ),
  );
  const group = fc.record({ gid: fc.integer({ min: 0, max: 300_000 }), name: fc.option(name, { nil: undefined }) });
  const person = fc.record({
    name,
    uid: fc.integer({ min: 1002, max: 300_000 }),
    gid: fc.integer({ min: 0, max: 300_000 }),
    groups: fc.array(group, { maxLength: 6 }),
  });
  const source = fc.constantFrom("sss", "winbind");
  const patterns = fc.array(fc.constantFrom("*", "CORP\\*", "*@*", "sales*", "s?do"), { maxLength: 3 });
  const directories = { sss: machineFor("sss"), winbind: machineFor("winbind") };
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(
      person,
      source,
      patterns,
      fc.constantFrom("primary" as const, "none" as const),
      async (user, kind, groupPrefer, groupFallback) => {
        const primary = { gid: user.gid, name: "CORP\\domain users" };
        const directory = directories[kind](clientOf([user], [primary]));
        const account = await directory.account(String(user.uid));
        if (account.kind !== "found") return;
        const username = usernameOf(account.value, "sam");
        if (username.kind === "valid") {
          expect(username.username.length).toBeGreaterThanOrEqual(1);
          expect(username.username.length).toBeLessThanOrEqual(256);
        }
        const groups = await directory.groups(account.value);
        if (groups.kind !== "found") return;
        const { group: chosen } = chooseGroup(groups.value, { groupPrefer, groupFallback });
        if (chosen === undefined) return;
        sent += 1;
        expect(chosen.length >= 1 && chosen.length <= 256).toBe(true);
        const memberOf = [...user.groups, primary].map(({ name }) => name ?? "");
        expect(
          memberOf.some((one) => one === chosen || one.endsWith(`\\${chosen}`) || one.startsWith(`${chosen}@`)),
        ).toBe(true);
      },
    ),
    { numRuns: 10_000 },
  );
  expect(sent).toBeGreaterThan(1000);
});

/** One root for many clients. */
function machineFor(source: string): (client: BoundedNames) => ReturnType<typeof createDirectory> {
  const root = makeRoot({ ...files, "etc/nsswitch.conf": `passwd: files ${source}\ngroup: files ${source}\n` });
  return (client) => createDirectory({ root, hostName: () => "desk7", pause: async () => false }, () => client);
}
