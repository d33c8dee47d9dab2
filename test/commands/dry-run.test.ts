import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { dryRun } from "../../agent/commands/dry-run.ts";
import { formatMemory, type MachineMemory } from "../../agent/link/memory.ts";
import { absent, found } from "../../agent/reading.ts";
import { account, adapter, group, mac, session } from "../fakes/accounts.ts";
import { fakePlatform, unreadable } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

const now = Date.UTC(2026, 10, 25);
const alice = account("alice");
const card = mac("00:0c:29:f2:7a:29");
const linked: NonNullable<MachineMemory["link"]> = {
  device: { value: card, opt: 0, source: "mac", detail: "eth0" },
  username: "alice",
  group: "Sales",
  tenant: "https://gears.opswat.com",
  account: "client-1",
  linkedAt: now - 1000,
};

type Machine = Parameters<typeof fakePlatform>[0];

/** A dry run on alice's machine, which remembers this. */
function rehearse(change: Machine, memory: MachineMemory = {}, ...flags: readonly string[]) {
  const stateDir = makeRoot({ "state.json": formatMemory({ hardware: [card], ...memory }) });
  const platform = fakePlatform({
    accounts: [alice],
    sessions: [session({ userKey: alice.userKey })],
    groups: [group("Sales", { primary: true })],
    adapters: [adapter({ mac: card })],
    ...change,
  });
  const args = ["--dry-run", "--identify", "mac", "--proxy", "none", "--state-dir", stateDir, ...flags];
  return dryRun(fakeRuntime(platform, now), readCommandLine(args));
}

test("the request is the one that a run would send", async () => {
  const { document, text } = await rehearse({});
  expect(document).toMatchObject({
    outcome: "dry-run",
    request: { body: { username: "alice", group: "Sales" } },
    warnings: [],
  });
  expect(text).toContain("link_user?opt=0&access_token=REDACTED");
});

test.each<[string, Machine, string[]]>([
  ["the groups", { groups: unreadable }, []],
  ["the UPN that is to be sent", { others: { principalName: async () => unreadable } }, ["--username-format", "upn"]],
])("where %s can't be read no request is shown, as none would be sent", async (_, change, flags) => {
  const { document, text } = await rehearse(change, {}, ...flags);
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "identity-unreadable" } });
  expect(document).not.toHaveProperty("request.method");
  expect(text).not.toContain("link_user");
  expect(text).not.toContain("undefined");
});

test("a run that would wait is shown with the moment of its attempt", async () => {
  const { document } = await rehearse({}, { notBefore: now + 3_600_000 });
  expect(document).toMatchObject({ warnings: [expect.stringContaining("before 2026-11-25 01:00 UTC")] });
  expect((await rehearse({}, { notBefore: now - 1 })).document).toMatchObject({ warnings: [] });
  const nothingToDo = await rehearse({}, { link: linked, notBefore: now + 3_600_000 });
  expect(nothingToDo.document).toMatchObject({ message: expect.stringContaining("already linked"), warnings: [] });
});

test.each<[string, string, string[], string]>([
  ["of the credential file is compared", '{"clientId":"client-2","clientSecret":"s"}', [], "the account has changed"],
  ["of a token is not known", '{"accessToken":"t"}', ["--client-id", "client-2"], "already linked"],
  ["that is missing is the one of the settings", "", ["--client-id", "client-2"], "the account has changed"],
])("the account %s", async (_, credential, flags, message) => {
  const readProtected = () => (credential === "" ? absent("fake", "none") : found(credential, "fake"));
  const { document } = await rehearse({ others: { readProtected } }, { link: linked }, ...flags);
  expect(document).toMatchObject({ message: expect.stringContaining(message) });
});
