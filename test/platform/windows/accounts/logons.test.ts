import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { chooseGroup } from "../../../../agent/identity/group-choice.ts";
import { usernameOf } from "../../../../agent/identity/username.ts";
import type { MakeCalls } from "../../../../agent/platform/native-calls.ts";
import type { LogonSources } from "../../../../agent/platform/windows/accounts/known-users.ts";
import { createLogons } from "../../../../agent/platform/windows/accounts/logons.ts";
import type { OpenToken, TokenFacts } from "../../../../agent/platform/windows/accounts/read-tokens.ts";
import { encodeSid } from "../../../../agent/platform/windows/accounts/sids.ts";
import { WindowsError } from "../../../../agent/platform/windows/native/windows-error.ts";

const machine = "S-1-5-21-1-2-3";
const domain = "S-1-5-21-7-8-9";
const aliceSid = `${domain}-1104`;

const alice: TokenFacts = {
  userSid: aliceSid,
  groups: [
    { sid: `${domain}-513`, attributes: 7 },
    { sid: `${domain}-2001`, attributes: 7 },
    { sid: "S-1-5-32-545", attributes: 7 },
  ],
  primaryGroup: `${domain}-513`,
  names: { user: "alice", domain: "CORP", upn: "alice@corp.example.com" },
};
const system: TokenFacts = {
  userSid: "S-1-5-18",
  groups: [{ sid: "S-1-5-32-544", attributes: 0xe }],
  primaryGroup: "S-1-5-18",
  names: { user: "LAPTOP1$", domain: "CORP", upn: undefined },
};
const session = { id: 2, state: 0, station: "Console", user: "alice", domain: "CORP", protocol: 0 };

type Directory = ReadonlyMap<string, readonly [name: string, domain: string, use: number]>;

const directory: Directory = new Map<string, readonly [string, string, number]>([
  [aliceSid, ["alice", "CORP", 1]],
  [`${domain}-513`, ["Domain Users", "CORP", 2]],
  [`${domain}-2001`, ["Sales EMEA", "CORP", 2]],
  ["S-1-5-32-545", ["Users", "BUILTIN", 4]],
]);

const directories = new WeakMap<MakeCalls, Directory>();

/** LookupAccountNameW over a directory; a name that it lacks is ERROR_NONE_MAPPED. {@link lookUpSids} asks it too. */
function calls(known: Directory = directory): MakeCalls {
  const makeCalls: MakeCalls = async (batch) =>
    batch.map(({ parameters }) => {
      const filled = parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
      const text = (filled[1] as Buffer).toString("utf16le").replace("\0", "");
      const found = [...known].find(([, [account, where]]) => [account, `${where}\\${account}`].includes(text));
      if (found === undefined) return { result: 0, lastError: 1332, parameters: filled };
      (filled[2] as Buffer).set(encodeSid(found[0]));
      (filled[6] as Buffer).writeUInt32LE(found[1][2]);
      return { result: 1, lastError: 0, parameters: filled };
    });
  directories.set(makeCalls, known);
  return makeCalls;
}

/** Fails like calls that involve no directory. */
const lookUpSids: LogonSources["lookUpSids"] = async (sids, makeCalls) => {
  const known = directories.get(makeCalls);
  if (known === undefined) await makeCalls([]);
  return sids.map((sid) => {
    const [name, where = "", use = 0] = known?.get(sid) ?? [];
    return name === undefined ? undefined : { name, domain: where, use };
  });
};

const opened = (facts: TokenFacts): OpenToken => ({ handle: 7n, facts: () => facts, [Symbol.dispose]() {} });

const notPermitted = (): never => {
  throw new WindowsError("WTSQueryUserToken", 1314);
};

function logons(changed: Partial<LogonSources> = {}) {
  return createLogons({
    ownToken: () => system,
    sessionRows: () => [session],
    consoleSession: () => 2,
    ownSession: () => 0,
    sessionToken: () => opened(alice),
    shellToken: () => undefined,
    accountDomains: () => ({ machine, domain }),
    machineName: () => "LAPTOP1",
    lookUpSids,
    direct: calls(),
    bounded: calls(),
    ...changed,
  });
}

const account = async (all: ReturnType<typeof logons>, key = aliceSid) => {
  const reading = await all.account(key);
  if (reading.kind !== "found") throw new Error(JSON.stringify(reading));
  return reading.value;
};

describe("as SYSTEM", () => {
  test("takes the session's user from its token, with UPN and without a domain controller", async () => {
    const unreachable: MakeCalls = async () => {
      throw new AgentError("identity-unreadable", "asked a domain controller");
    };
    const all = logons({ bounded: unreachable });
    expect(await all.sessions()).toMatchObject({
      value: [{ id: "2", userKey: aliceSid, class: "user", state: "active", local: true, seat: "console" }],
    });
    expect(await account(all)).toEqual({
      userKey: aliceSid,
      systemName: "CORP\\alice",
      sam: "alice",
      domain: "CORP",
      upn: "alice@corp.example.com",
      kind: "domain",
    });
  });

  test("is no caller, and neither are programs in the services' session", async () => {
    expect(await logons().caller()).toMatchObject({ kind: "absent" });
    expect(await logons({ ownToken: () => alice }).caller()).toMatchObject({ kind: "absent" });
  });

  test("falls back to the shell's token, then to the session's names", async () => {
    const byShell = logons({ sessionToken: notPermitted, shellToken: () => opened(alice) });
    expect(await byShell.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
    const byName = logons({ sessionToken: notPermitted, shellToken: notPermitted });
    expect(await byName.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
  });

  test("fails if the session's user is unknown: no link is better than a wrong one", async () => {
    const all = logons({ sessionToken: notPermitted, bounded: calls(new Map()) });
    expect(await all.sessions()).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  });

  test("finds nobody where no session has a user", async () => {
    expect(await logons({ sessionRows: () => [{ ...session, user: "" }] }).sessions()).toMatchObject({
      kind: "absent",
    });
  });
});

describe("as a plain user", () => {
  const sources = { ownToken: () => alice, ownSession: () => 2, sessionToken: notPermitted, shellToken: notPermitted };

  test("is the caller, whose session the process's token names", async () => {
    const all = logons(sources);
    expect(await all.caller()).toMatchObject({ value: { userKey: aliceSid } });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
  });

  test("names another user's session without a look-up", async () => {
    const rows = [session, { ...session, id: 3, state: 4, user: "bob", domain: "LAPTOP1" }];
    const all = logons({ ...sources, sessionRows: () => rows, bounded: calls(new Map()) });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }, { userKey: "LAPTOP1\\bob" }] });
    expect(await account(all, "LAPTOP1\\bob")).toMatchObject({ sam: "bob", kind: "local", domain: undefined });
  });

  test("gives a second session of the same user the same key, with any case of the name", async () => {
    const rows = [session, { ...session, id: 3, state: 4, user: "ALICE", domain: "corp" }];
    const all = logons({ ...sources, sessionRows: () => rows });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }, { userKey: aliceSid }] });
  });
});

describe("groups", () => {
  const groupsWith = async (bounded: MakeCalls, token = alice) => {
    const all = logons({ bounded, sessionToken: () => opened(token) });
    await all.sessions();
    return await all.groups(await account(all));
  };

  test("are the token's, with their domains and kinds", async () => {
    expect(await groupsWith(calls())).toMatchObject({
      value: [
        { systemName: "CORP\\Domain Users", name: "Domain Users", kind: "domain", primary: true },
        { systemName: "CORP\\Sales EMEA", name: "Sales EMEA", kind: "domain", primary: false },
        { systemName: "BUILTIN\\Users", name: "Users", kind: "well-known", primary: false },
      ],
    });
  });

  test("fail where no group of the domain could be named", async () => {
    expect(await groupsWith(calls(new Map()))).toMatchObject({
      kind: "failed",
      error: { code: "identity-unreadable" },
    });
  });

  test("include a nameless one if a domain that answers has removed it", async () => {
    const token = { ...alice, groups: [...alice.groups, { sid: `${domain}-2999`, attributes: 7 }] };
    const reading = await groupsWith(calls(), token);
    expect(reading).toMatchObject({ kind: "found" });
    expect(reading.kind === "found" && reading.value.at(-1)).toMatchObject({ systemName: `${domain}-2999`, name: "" });
  });

  test("of a domain that is gone have no name; the others are kept", async () => {
    const token = { ...alice, groups: [...alice.groups, { sid: "S-1-5-21-40-50-60-1200", attributes: 7 }] };
    const reading = await groupsWith(calls(), token);
    expect(reading).toMatchObject({ kind: "found" });
    expect(reading.kind === "found" && reading.value.map(({ name }) => name)).toEqual([
      "Domain Users",
      "Sales EMEA",
      "Users",
      "",
    ]);
  });

  test.each([
    ["the user", 1],
    ["a domain", 3],
    ["an account that was deleted", 6],
    ["a computer", 9],
  ])("are not what a SID of the past names today: %s", async (_what, use) => {
    const old = "S-1-5-21-40-50-60-1104";
    const token = { ...alice, groups: [...alice.groups, { sid: old, attributes: 7 }] };
    const reading = await groupsWith(calls(new Map([...directory, [old, ["alice", "CORP", use]] as const])), token);
    expect(reading.kind === "found" && reading.value.map(({ name }) => name)).toEqual([
      "Domain Users",
      "Sales EMEA",
      "Users",
    ]);
  });

  test("are named by one call, for any number", async () => {
    const many = Array.from({ length: 300 }, (_, at) => `${domain}-${3000 + at}`);
    const known = new Map([...directory, ...many.map((sid) => [sid, [sid, "CORP", 2]] as const)]);
    const bounded = calls(known);
    let questions = 0;
    const all = logons({
      bounded,
      sessionToken: () => opened({ ...alice, groups: many.map((sid) => ({ sid, attributes: 7 })) }),
      lookUpSids: async (sids, makeCalls) => {
        questions += 1;
        return await lookUpSids(sids, makeCalls);
      },
    });
    await all.sessions();
    const who = await account(all);
    questions = 0;
    expect(await all.groups(who)).toMatchObject({ kind: "found", value: { length: 300 } });
    expect(questions).toBe(1);
  });

  test("of Entra ID may have no names", async () => {
    const token = { ...alice, groups: [{ sid: "S-1-12-1-1-2-3-4", attributes: 7 }] };
    expect(await groupsWith(calls(), token)).toMatchObject({ value: [{ name: "", kind: "domain" }] });
  });

  test("of a local account that is not logged on include no domain group", async () => {
    const bounded = calls(new Map([[`${machine}-1001`, ["bob", "LAPTOP1", 1]]]));
    const all = logons({ bounded, direct: bounded });
    expect(await all.groups(await account(all, `${machine}-1001`))).toMatchObject({ kind: "found", value: [] });
    expect(await logons().groups(await account(logons()))).toMatchObject({ kind: "failed" });
  });
});

describe("user names", () => {
  const entraSid = "S-1-12-1-1-2-3-4";
  const tokenOf = (userSid: string, user: string, where: string, upn?: string): TokenFacts => ({
    ...alice,
    userSid,
    names: { user, domain: where, upn },
  });

  test.each([
    ["a domain user", alice, ["alice", "CORP\\alice", "alice@corp.example.com"]],
    ["a domain user without a UPN", tokenOf(aliceSid, "alice", "CORP"), ["alice", "CORP\\alice", "alice"]],
    ["a local user", tokenOf(`${machine}-1001`, "Zoë", "LAPTOP1", "Zoë@LAPTOP1"), ["Zoë", "Zoë", "Zoë"]],
    [
      "an Entra ID user",
      tokenOf(entraSid, "AliceSmith", "AzureAD", "alice.smith@example.onmicrosoft.com"),
      Array(3).fill("alice.smith@example.onmicrosoft.com"),
    ],
  ])("%s", async (_who, token, expected) => {
    const row = { ...session, user: token.names?.user ?? "", domain: token.names?.domain ?? "" };
    const all = logons({ sessionRows: () => [row], sessionToken: () => opened(token) });
    await all.sessions();
    const who = await account(all, token.userSid);
    const sent = (["sam", "down-level", "upn"] as const).map((format) => usernameOf(who, format).username);
    expect(sent).toEqual(expected);
  });
});

describe("the directory's own spelling", () => {
  const typed: TokenFacts = { ...alice, names: { user: "ALICE", domain: "corp", upn: "alice@corp.example.com" } };

  test("is sent, no matter what was typed at the logon", async () => {
    const all = logons({ sessionToken: () => opened(typed) });
    await all.sessions();
    expect(await account(all)).toMatchObject({ systemName: "CORP\\alice", sam: "alice", domain: "CORP" });
  });

  test("is unavailable while no controller answers: then the typed name is used", async () => {
    const bounded: MakeCalls = async () => {
      throw new AgentError("identity-unreadable", "no answer");
    };
    const all = logons({ sessionToken: () => opened(typed), bounded });
    await all.sessions();
    expect(await account(all)).toMatchObject({ systemName: "corp\\ALICE", sam: "ALICE" });
  });
});

describe("a Microsoft account", () => {
  const sid = `${machine}-1001`;
  const token: TokenFacts = {
    ...alice,
    userSid: sid,
    names: { user: "alice@outlook.example", domain: "MicrosoftAccount", upn: undefined },
  };
  const row = { ...session, user: "alice", domain: "LAPTOP1" };
  const home = { accountDomains: () => ({ machine, domain: undefined }), sessionRows: () => [row] };

  test.each([
    ["its own", calls(new Map([[sid, ["alice", "LAPTOP1", 1]]]))],
    ["the session's, where the machine can't name it", calls(new Map())],
  ])("has the local name: %s", async (_which, direct) => {
    const all = logons({ ...home, sessionToken: () => opened(token), direct });
    await all.sessions();
    expect(await account(all, sid)).toMatchObject({ systemName: "LAPTOP1\\alice", sam: "alice", kind: "local" });
  });

  test("is one person if that user also runs the program", async () => {
    const shellToken = (id: number) => (id === 2 ? opened(token) : notPermitted());
    const own = { ownToken: () => token, ownSession: () => 2, sessionToken: notPermitted, shellToken };
    const all = logons({ ...home, ...own });
    const sessions = await all.sessions();
    expect(sessions).toMatchObject({ value: [{ userKey: sid }] });
    expect(await all.caller()).toMatchObject({ value: { userKey: sid } });
  });

  test("is not taken for a user who runs a program in its session", async () => {
    const bob: TokenFacts = {
      ...alice,
      userSid: `${machine}-1002`,
      names: { user: "bob", domain: "LAPTOP1", upn: undefined },
    };
    const all = logons({
      ...home,
      ownToken: () => bob,
      ownSession: () => 2,
      sessionToken: notPermitted,
      shellToken: notPermitted,
    });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: "LAPTOP1\\alice" }] });
  });
});

describe("accounts that Windows makes", () => {
  test.each([
    ["the built-in administrator, renamed", `${machine}-500`],
    ["the domain's", `${domain}-500`],
    ["Guest", `${machine}-501`],
    ["DefaultAccount", `${machine}-503`],
    ["WDAGUtilityAccount", `${machine}-504`],
  ])("are no person's, by SID and RID: %s", async (_who, userSid) => {
    const names = { user: "Chefin", domain: "LAPTOP1", upn: undefined };
    const all = logons({ sessionToken: () => opened({ ...alice, userSid, names }) });
    await all.sessions();
    expect(await account(all, userSid)).toMatchObject({ kind: "system" });
  });

  test.each([
    ["kioskUser0", `${machine}-1005`, "LAPTOP1", "other"],
    ["defaultuser100000", `${machine}-1006`, "LAPTOP1", "other"],
    ["kioskUser0", `${domain}-1500`, "CORP", "user"],
    ["DWM-1", `${domain}-1501`, "CORP", "user"],
  ])("%s %s", async (user, userSid, where, expected) => {
    const token = { ...alice, userSid, names: { user, domain: where, upn: undefined } };
    const all = logons({ sessionRows: () => [{ ...session, user, domain: where }], sessionToken: () => opened(token) });
    expect(await all.sessions()).toMatchObject({ value: [{ class: expected }] });
  });
});

describe("a UPN that the logon does not have", () => {
  const withoutUpn: TokenFacts = { ...alice, names: { user: "alice", domain: "CORP", upn: undefined } };

  /** Windows' answers by function; and the functions that were called, in order. */
  function windows(answers: Readonly<Record<string, { result: number; lastError?: number; text?: string }>>) {
    const called: string[] = [];
    const makeCalls: MakeCalls = async (batch) =>
      batch.map(({ name, parameters }) => {
        called.push(name);
        const { result, lastError = 0, text = "" } = answers[name] ?? { result: 1 };
        const filled = parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
        if (name === "GetUserNameExW") {
          (filled[1] as Buffer).write(text, "utf16le");
          (filled[2] as Buffer).writeUInt32LE(text.length);
        }
        return { result, lastError, parameters: filled };
      });
    return { makeCalls, called };
  }

  const ask = async (answers: Parameters<typeof windows>[0], changed: Partial<LogonSources> = {}) => {
    const { makeCalls, called } = windows(answers);
    const all = logons({ bounded: makeCalls, sessionToken: () => opened(withoutUpn), ...changed });
    await all.sessions();
    return { reading: await all.principalName(await account(all)), called };
  };

  test("is asked for while impersonating the user, which ends right after", async () => {
    const closed: bigint[] = [];
    const sessionToken = () => ({ ...opened(withoutUpn), [Symbol.dispose]: () => void closed.push(7n) });
    const upn = "alice@corp.example.com";
    const { reading, called } = await ask({ GetUserNameExW: { result: 1, text: upn } }, { sessionToken });
    expect(reading).toMatchObject({ kind: "found", value: upn });
    expect(called).toEqual(["ImpersonateLoggedOnUser", "GetUserNameExW", "RevertToSelf"]);
    expect(closed).toEqual([7n, 7n]);
  });

  test("is asked for with the shell's token if the session's may not be used", async () => {
    const sessionToken: LogonSources["sessionToken"] = notPermitted;
    const shellToken: LogonSources["shellToken"] = (_session, use) => (use === "read" ? opened(withoutUpn) : undefined);
    const answers = { GetUserNameExW: { result: 1, text: "alice@corp.example.com" } };
    const { reading } = await ask(answers, { sessionToken, shellToken: () => opened(withoutUpn) });
    expect(reading).toMatchObject({ kind: "found" });
    expect(await ask(answers, { sessionToken, shellToken })).toMatchObject({ reading: { kind: "failed" } });
  });

  test("is never the one of this process instead", async () => {
    const answers = {
      ImpersonateLoggedOnUser: { result: 0, lastError: 5 },
      GetUserNameExW: { result: 1, text: "LAPTOP1$@corp.example.com" },
    };
    expect((await ask(answers)).reading).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  });

  test("is absent if there is none, failed if it can't be read", async () => {
    expect((await ask({ GetUserNameExW: { result: 0, lastError: 1332 } })).reading).toMatchObject({ kind: "absent" });
    expect((await ask({ GetUserNameExW: { result: 0, lastError: 1355 } })).reading).toMatchObject({ kind: "failed" });
  });

  test("of an Entra user is waited for, as the SAM name is made up by the machine", async () => {
    const userSid = "S-1-12-1-1-2-3-4";
    const token = { ...withoutUpn, userSid, names: { user: "AliceSmith", domain: "AzureAD", upn: undefined } };
    const { makeCalls } = windows({ GetUserNameExW: { result: 0, lastError: 1332 } });
    const row = { ...session, user: "AliceSmith", domain: "AzureAD" };
    const all = logons({ bounded: makeCalls, sessionRows: () => [row], sessionToken: () => opened(token) });
    await all.sessions();
    const reading = await all.principalName(await account(all, userSid));
    expect(reading).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  });

  test("of the user who runs the program is asked for as such", async () => {
    const plain = { ownToken: () => withoutUpn, ownSession: () => 2 };
    const answers = { GetUserNameExW: { result: 1, text: "alice@corp.example.com" } };
    const { reading, called } = await ask(answers, plain);
    expect(reading).toMatchObject({ kind: "found" });
    expect(called).toEqual(["GetUserNameExW"]);
  });
});

test("no directory answer gives a group that is not in the token, or a name outside 1 to 256 characters", async () => {
  const rid = fc.integer({ min: 500, max: 3000 });
  const sid = fc.oneof(
    rid.map((id) => `${domain}-${id}`),
    rid.map((id) => `${machine}-${id}`),
    rid.map((id) => `S-1-5-21-4-5-6-${id}`),
    rid.map((id) => `S-1-12-1-1-2-3-${id}`),
    fc.constantFrom("S-1-1-0", "S-1-5-32-544", "S-1-5-32-545", "S-1-5-11", "S-1-18-1"),
  );
  const name = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.integer({ min: 250, max: 260 }).map((length) => "n".repeat(length)),
  );
  const answer = fc.tuple(name, fc.constantFrom("CORP", "LAPTOP1", "BUILTIN", ""), fc.constantFrom(1, 2, 4, 5, 9));
  const members = fc.array(fc.tuple(sid, fc.option(answer, { freq: 8 })), { maxLength: 8 });
  const patterns = fc.array(fc.constantFrom("*", "CORP\\*", "n*", "?", "*\\*"), { maxLength: 3 });
  const fallback = fc.constantFrom("primary" as const, "none" as const);
  let chosen = 0;
  const property = fc.asyncProperty(
    members,
    patterns,
    fallback,
    fc.nat(8),
    async (reported, groupPrefer, groupFallback, primary) => {
      const known = new Map(reported.flatMap(([one, names]) => (names === null ? [] : [[one, names] as const])));
      const groups = [...new Set(reported.map(([one]) => one))].map((one) => ({ sid: one, attributes: 7 }));
      const token: TokenFacts = { ...alice, groups, primaryGroup: groups[primary]?.sid };
      const all = logons({ bounded: calls(known), direct: calls(known), sessionToken: () => opened(token) });
      await all.sessions();
      const reading = await all.groups(await account(all));
      if (reading.kind !== "found") return;
      const { group } = chooseGroup(reading.value, { groupPrefer, groupFallback });
      if (group === undefined) return;
      chosen += 1;
      expect(group.length >= 1 && group.length <= 256).toBe(true);
      const owners = groups.filter((one) => known.get(one.sid)?.[0] === group).map((one) => one.sid);
      expect(owners.some((one) => !one.startsWith(machine) && /^S-1-(?:5-21|12-1)-/.test(one))).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 10_000 });
  expect(chosen).toBeGreaterThan(1000);
});

describe("by name", () => {
  test("finds a user, and refuses a group", async () => {
    expect(await logons().accountByName("CORP\\alice")).toMatchObject({ value: { userKey: aliceSid, sam: "alice" } });
    expect(await logons().accountByName("Sales EMEA")).toMatchObject({ kind: "absent" });
    expect(await logons().accountByName("mallory")).toMatchObject({ kind: "absent" });
  });
});
