import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { link } from "../../agent/commands/link.ts";
import { absent } from "../../agent/reading.ts";
import { account, group, session } from "../fakes/accounts.ts";
import { fakePlatform, unreadable } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";

const alice = account("alice");
const machine = {
  accounts: [alice],
  sessions: [session({ userKey: alice.userKey })],
  groups: [group("Sales", { primary: true })],
};
const settingsOf = { writableByOthers: () => absent("fake", "none") };

const rehearse = (change: Parameters<typeof fakePlatform>[0], ...flags: readonly string[]) =>
  link(
    fakeRuntime(fakePlatform({ ...machine, ...change, others: { ...settingsOf, ...change.others } })),
    readCommandLine(["--dry-run", "--identify", "mac", "--proxy", "none", ...flags]),
  );

test("the request is the one that a run would send", async () => {
  const { document, text } = await rehearse({});
  expect(document).toMatchObject({ outcome: "dry-run", request: { body: { username: "alice", group: "Sales" } } });
  expect(text).toContain("link_user?opt=0&access_token=REDACTED");
});

test.each<[string, Parameters<typeof fakePlatform>[0], string[]]>([
  ["the groups", { groups: unreadable }, []],
  ["the UPN that is to be sent", { others: { principalName: async () => unreadable } }, ["--username-format", "upn"]],
])("where %s can't be read no request is shown, as none would be sent", async (_, change, flags) => {
  const { document, text } = await rehearse(change, ...flags);
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "identity-unreadable" } });
  expect(document).not.toHaveProperty("request.method");
  expect(text).not.toContain("link_user");
  expect(text).not.toContain("undefined");
});
