import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import type { LoginRecord } from "../../../../agent/platform/macos/accounts/login-records.ts";
import { readSessions } from "../../../../agent/platform/macos/accounts/sessions.ts";
import { namesOf } from "../names.ts";

const names = namesOf([
  { name: "alice", uid: 501, gid: 20 },
  { name: "bob", uid: 502, gid: 20 },
  { name: "_mbsetupuser", uid: 248, gid: 248 },
]);

const login = (user: string, line: string, host = "", pid = 100): LoginRecord => ({ user, line, host, pid });

function read(consoleUid: number, records: readonly LoginRecord[], dead: readonly number[] = []) {
  const isAlive = (pid: number) => !dead.includes(pid);
  return readSessions({ consoleOwner: () => consoleUid, loginRecords: () => records, isAlive }, names);
}

const atScreen = { id: "console", userKey: "501", class: "user", state: "active", local: true, seat: "console" };

test("the console's owner is at the screen; terminal windows are no sessions", async () => {
  expect(await read(501, [login("alice", "console"), login("alice", "ttys000")])).toMatchObject({
    value: [atScreen, { id: "ttys000", class: "other", classReason: "a terminal window" }],
  });
});

test("at the login window nobody is logged on", async () => {
  expect(await read(0, [])).toMatchObject({ kind: "found", value: [] });
  expect(await read(0, [login("loginwindow", "console")])).toMatchObject({ value: [] });
});

test("a user who was switched away is logged on", async () => {
  expect(await read(501, [login("alice", "console"), login("bob", "console")])).toMatchObject({
    value: [atScreen, { userKey: "502", class: "user", state: "online", local: true }],
  });
  expect(await read(0, [login("bob", "console")])).toMatchObject({ value: [{ userKey: "502", state: "online" }] });
});

test("two switched-away users are two sessions, one user with two records is one", async () => {
  const both = [login("alice", "console"), login("bob", "console"), login("bob", "console", "", 101)];
  expect(await read(0, both)).toMatchObject({ value: [{ id: "console:501" }, { id: "console:502" }] });
});

test("over the network", async () => {
  expect(await read(501, [login("bob", "ttys001", "192.0.2.7")])).toMatchObject({
    value: [atScreen, { id: "ttys001", userKey: "502", class: "user", state: "active", local: false, seat: undefined }],
  });
});

test("a record with a dead process or an unknown user is no session", async () => {
  expect(await read(501, [login("bob", "console", "", 7), login("mallory", "console")], [7])).toMatchObject({
    value: [atScreen],
  });
});

test("Setup Assistant is nobody", async () => {
  expect(await read(248, [])).toMatchObject({ value: [{ userKey: "248", class: "other" }] });
});

test("sessions that can't be read are a failure, not none", async () => {
  const failing = () => {
    throw new AgentError("identity-unreadable", "libSystem can't be loaded");
  };
  const sources = { consoleOwner: () => 501, loginRecords: failing, isAlive: () => true };
  expect(await readSessions(sources, names)).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  const gone = () => {
    throw Object.assign(new Error("no"), { code: "EIO" });
  };
  const without = { ...sources, consoleOwner: gone };
  expect(await readSessions(without, names)).toMatchObject({
    error: { message: expect.stringContaining("the disk reports an error") },
  });
});
