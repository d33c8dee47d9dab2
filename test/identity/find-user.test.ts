import { expect, test } from "vitest";
import { findUser, type UserFinding, type UserRequest } from "../../agent/identity/find-user.ts";
import type { Session } from "../../agent/platform/port.ts";
import { settingsTable } from "../../agent/settings/table.ts";
import { account, session } from "../fakes/accounts.ts";
import { fakePlatform, unreadable } from "../fakes/platform.ts";

const alice = account("alice");
const bob = account("bob");
const root = account("root", { domain: undefined, systemName: "root", kind: "local" });
const gdm = account("gdm", { domain: undefined, systemName: "gdm", kind: "system" });
const backup = account("backup", { domain: undefined, systemName: "backup", kind: "system" });
const accounts = [alice, bob, root, gdm, backup];
const nobody: UserRequest = { user: undefined, session: undefined };
const settings = { excludeUsers: settingsTable.excludeUsers.fallback, allowMultiSession: false };

const of = (userKey: string, parts: Partial<Session> = {}): Session => session({ userKey, ...parts });

function summary(finding: UserFinding): string {
  if (finding.kind === "user") return finding.account.sam;
  return finding.kind === "skipped" ? "skipped" : finding.error.code;
}

/** The rows of the table in docs/sessions.md. */
test.each<[string, readonly Session[], string]>([
  ["one person at the screen", [of("alice")], "alice"],
  ["one person over the network", [of("alice", { local: false, seat: undefined })], "alice"],
  ["one person, several sessions", [of("alice"), of("alice", { id: "2", local: false, seat: undefined })], "alice"],
  ["locked screen, nobody else", [of("alice", { state: "online" })], "alice"],
  ["disconnected remote desktop", [of("alice", { state: "disconnected", local: false })], "alice"],
  ["a greeter beside the person", [of("alice"), of("gdm", { id: "c1", class: "other" })], "alice"],
  ["an administrator's root shell beside the person", [of("alice"), of("root", { id: "5" })], "alice"],
  ["a lingering user beside the person", [of("alice"), of("bob", { id: "m1", class: "other" })], "alice"],
  ["a service account beside the person", [of("alice"), of("backup", { id: "6" })], "alice"],
  ["another's background session beside the person", [of("alice"), of("bob", { id: "7", class: "other" })], "alice"],
  ["a session that is closing", [of("bob", { state: "closing" }), of("alice", { id: "2" })], "alice"],
  ["only a greeter", [of("gdm", { class: "other" })], "no-user"],
  ["only a lingering user", [of("bob", { id: "m1", class: "other" })], "no-user"],
  ["only a session that is closing", [of("alice", { state: "closing" })], "no-user"],
  ["nobody", [], "no-user"],
  ["only root", [of("root")], "skipped"],
  ["a greeter that claims to be a person", [of("gdm")], "skipped"],
  ["only a service account", [of("backup")], "skipped"],
  ["two persons, one switched away", [of("alice", { state: "online" }), of("bob", { id: "2" })], "skipped"],
  ["two persons, one over the network", [of("alice"), of("bob", { id: "2", local: false })], "skipped"],
])("%s", async (_, sessions, expected) => {
  expect(summary(await findUser(fakePlatform({ sessions, accounts }), nobody, settings))).toBe(expected);
});

test("under sudo, the program runs as root in the person's session, who is linked", async () => {
  const platform = fakePlatform({ privileged: true, sessions: [of("alice")], accounts });
  expect(summary(await findUser(platform, nobody, settings))).toBe("alice");
});

test("under su, the program's user counts besides the session's user", async () => {
  const platform = fakePlatform({ privileged: false, caller: "bob", sessions: [of("alice")], accounts });
  const finding = await findUser(platform, nobody, settings);
  expect(finding).toMatchObject({ kind: "skipped", reason: expect.stringMatching(/is false; --user names one$/) });
  expect(summary(await findUser(platform, nobody, { ...settings, allowMultiSession: true }))).toBe("bob");
});

const two = [of("alice", { state: "online" }), of("bob", { id: "2" })];

test("if several are allowed, the one at the screen is linked", async () => {
  const platform = fakePlatform({ sessions: two, accounts });
  expect(summary(await findUser(platform, nobody, { ...settings, allowMultiSession: true }))).toBe("bob");
});

test("if several are allowed, the session that the trigger names wins", async () => {
  const platform = fakePlatform({ sessions: two, accounts });
  const request = { user: undefined, session: "1" };
  expect(summary(await findUser(platform, request, { ...settings, allowMultiSession: true }))).toBe("alice");
});

test("a session that has ended links nobody, even if another user is logged on", async () => {
  const platform = fakePlatform({ sessions: [of("alice")], accounts });
  expect(summary(await findUser(platform, { user: undefined, session: "9" }, settings))).toBe("no-user");
});

test("run by a person, it links that person", async () => {
  const platform = fakePlatform({ privileged: false, caller: "alice", accounts });
  expect(summary(await findUser(platform, nobody, settings))).toBe("alice");
});

test("run by a person on a host with others, it is skipped", async () => {
  const platform = fakePlatform({ privileged: false, caller: "alice", sessions: [of("bob")], accounts });
  expect(summary(await findUser(platform, nobody, settings))).toBe("skipped");
});

test("--user links the named account, no matter who is logged on", async () => {
  const platform = fakePlatform({ sessions: two, accounts });
  expect(summary(await findUser(platform, { user: "CORP\\alice", session: undefined }, settings))).toBe("alice");
  expect(summary(await findUser(platform, { user: "mallory", session: undefined }, settings))).toBe("no-user");
  expect(summary(await findUser(platform, { user: "root", session: undefined }, settings))).toBe("skipped");
});

test("a plain user's --user may name only their own account", async () => {
  const platform = fakePlatform({ privileged: false, caller: "alice", accounts });
  expect(summary(await findUser(platform, { user: "alice", session: undefined }, settings))).toBe("alice");
  expect(summary(await findUser(platform, { user: "bob", session: undefined }, settings))).toBe("not-permitted");
});

test("only administrators and services may name another user's session", async () => {
  const several = { ...settings, allowMultiSession: true };
  const request = { user: undefined, session: "2" };
  const machine = { privileged: false, sessions: two, accounts };
  expect(summary(await findUser(fakePlatform({ ...machine, caller: "alice" }), request, several))).toBe(
    "not-permitted",
  );
  expect(summary(await findUser(fakePlatform({ ...machine, caller: "bob" }), request, several))).toBe("bob");
  expect(summary(await findUser(fakePlatform(machine), request, several))).toBe("bob");
});

test("sessions that can't be read link nobody, even if the caller is known", async () => {
  const platform = fakePlatform({ privileged: false, caller: "alice", sessions: unreadable, accounts });
  expect(summary(await findUser(platform, nobody, settings))).toBe("identity-unreadable");
});

test("if one user's account can't be read, nobody is linked", async () => {
  const platform = fakePlatform({ sessions: two, accounts: [bob] });
  expect(summary(await findUser(platform, nobody, { ...settings, allowMultiSession: true }))).toBe(
    "identity-unreadable",
  );
});
