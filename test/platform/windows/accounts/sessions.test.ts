import { describe, expect, test } from "vitest";
import { mayHoldPerson, parseSessionStates, toSession } from "../../../../agent/platform/windows/accounts/sessions.ts";

const person = "S-1-5-21-7-8-9-1104";
const row = { id: 2, state: 0, station: "RDP-Tcp#0", user: "alice", domain: "CORP", protocol: 2 };

describe("parseSessionStates", () => {
  test("reads rows of 24 bytes", () => {
    const bytes = Buffer.alloc(48);
    bytes.writeUInt32LE(65_536, 24);
    bytes.writeInt32LE(6, 40);
    expect(parseSessionStates(bytes)).toEqual([
      { id: 0, state: 0 },
      { id: 65_536, state: 6 },
    ]);
  });
});

test.each([
  ["active", 0, true],
  ["connected", 1, true],
  ["shadowing", 3, true],
  ["disconnected", 4, true],
  ["listening", 6, false],
  ["going down", 8, false],
  ["unknown", 42, false],
])("a session that is %s must name its user: state %i, %s", (_what, state, must) => {
  expect(mayHoldPerson(state)).toBe(must);
});

describe("toSession", () => {
  test.each([
    [0, "active"],
    [1, "online"],
    [4, "disconnected"],
    [7, "closing"],
  ])("state %i is a person's, %s", (state, expected) => {
    expect(toSession({ ...row, state }, { userKey: person, kind: "domain" }, 1)).toMatchObject({
      class: "user",
      state: expected,
      local: false,
    });
  });

  test("has the seat where it is the one at the screen", () => {
    expect(toSession({ ...row, protocol: 0 }, { userKey: person, kind: "domain" }, 2)).toMatchObject({
      seat: "console",
      local: true,
    });
  });

  test.each([
    ["a listener's", { state: 6 }, person],
    ["of an unknown state", { state: 42 }, person],
    ["the services'", { id: 0 }, person],
    ["the out-of-box experience's", { user: "defaultuser0" }, person],
    ["a kiosk's", { user: "kioskUser0" }, person],
    ["the desktop's", { user: "DWM-2" }, "S-1-5-90-0-2"],
    ["a service account's", { user: "svc" }, "S-1-5-80-1"],
  ])("%s is nobody's", (_whose, changed, userKey) => {
    expect(toSession({ ...row, ...changed }, { userKey, kind: "local" }, 1)).toMatchObject({ class: "other" });
  });

  test("may be named by name alone", () => {
    expect(toSession(row, { userKey: "CORP\\alice", kind: "domain" }, 1)).toMatchObject({ class: "user" });
  });
});
