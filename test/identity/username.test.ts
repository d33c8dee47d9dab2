import { expect, test } from "vitest";
import { spellingsOf, usernameOf } from "../../agent/identity/username.ts";
import { account } from "../fakes/accounts.ts";

const upn = "alice@corp.example.com";
const local = account("alice", { domain: undefined, systemName: "alice", kind: "local" });

test.each([
  ["sam", account("alice"), "alice"],
  ["down-level", account("alice"), "CORP\\alice"],
  ["upn", account("alice", { upn }), upn],
  ["down-level", account("alice", { domain: "ad.corp.test", systemName: "alice@ad.corp.test" }), "ad.corp.test\\alice"],
  ["sam", account("AliceSmith", { kind: "entra", domain: "AzureAD", upn }), upn],
] as const)("%s of %o", (format, who, username) => {
  expect(usernameOf(who, format)).toEqual({ kind: "valid", username, warnings: [] });
});

test.each([
  ["upn", account("alice")],
  ["upn", account("AliceSmith", { kind: "entra" })],
  ["down-level", local],
] as const)("%s falls back to the SAM account name with a warning", (format, who) => {
  expect(usernameOf(who, format)).toEqual({
    kind: "valid",
    username: who.sam,
    warnings: [expect.stringContaining("SAM")],
  });
});

test("a name over 256 characters, or an empty one, is refused, never cut", () => {
  expect(usernameOf(account("a".repeat(257)), "sam")).toMatchObject({
    kind: "unfit",
    reason: expect.stringContaining("256"),
  });
  expect(usernameOf(account(""), "sam")).toMatchObject({ kind: "unfit", reason: expect.stringContaining("empty") });
  expect(usernameOf(account("a".repeat(256)), "sam")).toMatchObject({ kind: "valid" });
});

test("an administrator may write a name with or without its domain", () => {
  expect(spellingsOf(account("alice", { upn }))).toEqual(["alice", "CORP\\alice", "CORP\\alice", "alice@CORP", upn]);
});
