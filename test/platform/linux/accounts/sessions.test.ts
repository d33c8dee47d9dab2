import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { type SystemdLogin, systemdError } from "../../../../agent/platform/linux/accounts/libsystemd.ts";
import { readSessions } from "../../../../agent/platform/linux/accounts/sessions.ts";
import { makeRoot } from "../tree.ts";

const ENXIO = 6;
const EIO = 5;
const ENODATA = 61;

interface Row {
  readonly uid?: number;
  readonly class?: string;
  readonly state?: string;
  readonly seat?: string;
  readonly service?: string;
  readonly remote?: boolean;
  /** errno of every question about it */
  readonly errno?: number;
}

function loginOf(rows: Readonly<Record<string, Row>>): SystemdLogin {
  const row = (call: string, id: string): Row => {
    const found = rows[id] ?? {};
    if (found.errno !== undefined) throw systemdError(call, found.errno);
    return found;
  };
  return {
    sessions: () => Object.keys(rows),
    uid: (id) => row("sd_session_get_uid", id).uid ?? 1000,
    text: (what, id) => {
      const { [what]: text }: Row = { class: "user", state: "active", ...row(`sd_session_get_${what}`, id) };
      if (text === undefined) throw systemdError(`sd_session_get_${what}`, ENODATA);
      return text;
    },
    isRemote: (id) => row("sd_session_is_remote", id).remote ?? false,
  };
}

const booted = { "run/systemd/sessions/": "", "run/systemd/system/": "" };
const sessionsOf = (rows: Readonly<Record<string, Row>>) => readSessions(makeRoot(booted), () => loginOf(rows));
const one = (row: Row) => {
  const reading = sessionsOf({ "1": row });
  return reading.kind === "found" ? reading.value[0] : reading;
};

test("a person at the screen", () => {
  expect(one({ uid: 1000, seat: "seat0" })).toEqual({
    id: "1",
    userKey: "1000",
    class: "user",
    classReason: "a person's session",
    state: "active",
    local: true,
    seat: "seat0",
  });
});

test("a person over the network has no seat", () => {
  expect(one({ remote: true })).toMatchObject({ local: false, seat: undefined, class: "user" });
});

test.each([
  ["user", "user"],
  ["user-early", "user"],
  ["user-light", "other"],
  ["user-incomplete", "other"],
  ["greeter", "other"],
  ["lock-screen", "other"],
  ["background", "other"],
  ["manager", "other"],
  ["a class of tomorrow", "other"],
])("the class %s is of the kind %s", (name, kind) => {
  expect(one({ class: name })).toMatchObject({ class: kind });
});

test.each([
  ["user-light", "systemd-run0", "other"],
  ["user", "systemd-run0", "other"],
  ["user", "su-l", "other"],
  ["user", "sudo-i", "other"],
  ["user-light", "sshd", "user"],
  ["user", "gdm-password", "user"],
])("a session of the class %s that %s opened is of the kind %s", (name, service, kind) => {
  expect(one({ class: name, service })).toMatchObject({ class: kind });
});

test.each([
  ["active", "active"],
  ["online", "online"],
  ["opening", "online"],
  ["closing", "closing"],
])("the state %s is %s", (state, expected) => {
  expect(one({ state })).toMatchObject({ state: expected });
});

test("a session that ends while it is read is left out", () => {
  expect(sessionsOf({ "1": { errno: ENXIO }, "2": {} })).toMatchObject({ kind: "found", value: [{ id: "2" }] });
});

test("a session that can't be read is a failure", () => {
  expect(sessionsOf({ "1": { errno: EIO }, "2": {} })).toMatchObject({
    kind: "failed",
    error: { code: "identity-unreadable", message: expect.stringContaining("sd_session_get_class") },
  });
});

test("nobody is logged on", () => {
  expect(sessionsOf({})).toMatchObject({ kind: "found", value: [] });
});

test.each([
  ["no folder of logind", {}],
  ["an image's empty folder", { "run/systemd/sessions/": "" }],
])("without logind there are no sessions, which is not a failure (%s)", (_, tree) => {
  expect(readSessions(makeRoot(tree), () => loginOf({}))).toMatchObject({ kind: "absent" });
});

test("logind without libsystemd is a failure that says what to install", () => {
  const error = new AgentError("identity-unreadable", "install the package libsystemd0");
  const missing = () => {
    throw error;
  };
  expect(readSessions(makeRoot(booted), missing)).toMatchObject({ kind: "failed", error });
});
