import { describe, expect, it } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { createLogons, type LogonSources } from "../../../agent/platform/windows/logons.ts";
import { WindowsError } from "../../../agent/platform/windows/native/windows-error.ts";
import type { MakeCalls } from "../../../agent/platform/windows/native-calls.ts";
import { encodeSid, parseSid } from "../../../agent/platform/windows/sids.ts";
import type { TokenFacts } from "../../../agent/platform/windows/tokens.ts";

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

const directory = new Map([
  [aliceSid, ["alice", "CORP", 1]],
  [`${domain}-513`, ["Domain Users", "CORP", 2]],
  [`${domain}-2001`, ["Sales EMEA", "CORP", 2]],
  ["S-1-5-32-545", ["Users", "BUILTIN", 4]],
] as const);

/** LookupAccountSidW and LookupAccountNameW over the directory; a name that it lacks is ERROR_NONE_MAPPED. */
function calls(known: ReadonlyMap<string, readonly [string, string, number]> = directory): MakeCalls {
  return async (batch) =>
    batch.map(({ name, parameters }) => {
      const filled = parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
      const [, subject] = filled;
      const put = (at: number, write: (slot: Buffer) => void) => write(filled[at] as Buffer);
      const none = { result: 0, lastError: 1332, parameters: filled };
      if (name === "LookupAccountSidW") {
        const found = known.get(parseSid(subject as Buffer) ?? "");
        if (found === undefined) return none;
        const [account, where, use] = found;
        put(2, (slot) => slot.write(account, "utf16le"));
        put(3, (slot) => slot.writeUInt32LE(account.length));
        put(4, (slot) => slot.write(where, "utf16le"));
        put(5, (slot) => slot.writeUInt32LE(where.length));
        put(6, (slot) => slot.writeUInt32LE(use));
      } else {
        const text = (subject as Buffer).toString("utf16le").replace("\0", "");
        const found = [...known].find(([, [account, where]]) => [account, `${where}\\${account}`].includes(text));
        if (found === undefined) return none;
        put(2, (slot) => slot.set(encodeSid(found[0])));
        put(6, (slot) => slot.writeUInt32LE(found[1][2]));
      }
      return { result: 1, lastError: 0, parameters: filled };
    });
}

const notPermitted = (): never => {
  throw new WindowsError("WTSQueryUserToken", 1314);
};

function logons(changed: Partial<LogonSources> = {}) {
  return createLogons({
    ownToken: () => system,
    sessionRows: () => [session],
    consoleSession: () => 2,
    ownSession: () => 0,
    sessionToken: () => alice,
    shellToken: () => undefined,
    accountDomains: () => ({ machine, domain }),
    machineName: () => "LAPTOP1",
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
  it("takes the session's user from its token, with UPN and without a domain controller", async () => {
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

  it("is no caller, and neither is what runs in the services' session", async () => {
    expect(await logons().caller()).toMatchObject({ kind: "absent" });
    expect(await logons({ ownToken: () => alice }).caller()).toMatchObject({ kind: "absent" });
  });

  it("falls back to the shell's token, then to the session's names", async () => {
    const byShell = logons({ sessionToken: notPermitted, shellToken: () => alice });
    expect(await byShell.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
    const byName = logons({ sessionToken: notPermitted, shellToken: notPermitted });
    expect(await byName.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
  });

  it("fails where the session's user can't be made out: nobody is better than a wrong person", async () => {
    const all = logons({ sessionToken: notPermitted, bounded: calls(new Map()) });
    expect(await all.sessions()).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  });

  it("finds nobody where no session has a user", async () => {
    expect(await logons({ sessionRows: () => [{ ...session, user: "" }] }).sessions()).toMatchObject({
      kind: "absent",
    });
  });
});

describe("as a plain user", () => {
  const sources = { ownToken: () => alice, ownSession: () => 2, sessionToken: notPermitted, shellToken: notPermitted };

  it("is the caller, whose session is told by the own token", async () => {
    const all = logons(sources);
    expect(await all.caller()).toMatchObject({ value: { userKey: aliceSid } });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }] });
  });

  it("tells another user's session by name, without asking anybody", async () => {
    const rows = [session, { ...session, id: 3, state: 4, user: "bob", domain: "LAPTOP1" }];
    const all = logons({ ...sources, sessionRows: () => rows, bounded: calls(new Map()) });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }, { userKey: "LAPTOP1\\bob" }] });
    expect(await account(all, "LAPTOP1\\bob")).toMatchObject({ sam: "bob", kind: "local", domain: undefined });
  });

  it("counts a second session of the same user to the same key, whatever the case of the name", async () => {
    const rows = [session, { ...session, id: 3, state: 4, user: "ALICE", domain: "corp" }];
    const all = logons({ ...sources, sessionRows: () => rows });
    expect(await all.sessions()).toMatchObject({ value: [{ userKey: aliceSid }, { userKey: aliceSid }] });
  });
});

describe("groups", () => {
  const groupsWith = async (bounded: MakeCalls, token = alice) => {
    const all = logons({ bounded, sessionToken: () => token });
    await all.sessions();
    return await all.groups(await account(all));
  };

  it("are the token's, with their domains and kinds", async () => {
    expect(await groupsWith(calls())).toMatchObject({
      value: [
        { systemName: "CORP\\Domain Users", name: "Domain Users", kind: "domain", primary: true },
        { systemName: "CORP\\Sales EMEA", name: "Sales EMEA", kind: "domain", primary: false },
        { systemName: "BUILTIN\\Users", name: "Users", kind: "well-known", primary: false },
      ],
    });
  });

  it("fail where no group of the domain could be named", async () => {
    expect(await groupsWith(calls(new Map()))).toMatchObject({
      kind: "failed",
      error: { code: "identity-unreadable" },
    });
  });

  it("leave one without a name that was removed from a domain that answers", async () => {
    const token = { ...alice, groups: [...alice.groups, { sid: `${domain}-2999`, attributes: 7 }] };
    const reading = await groupsWith(calls(), token);
    expect(reading).toMatchObject({ kind: "found" });
    expect(reading.kind === "found" && reading.value.at(-1)).toMatchObject({ systemName: `${domain}-2999`, name: "" });
  });

  it("of Entra ID may have no names", async () => {
    const token = { ...alice, groups: [{ sid: "S-1-12-1-1-2-3-4", attributes: 7 }] };
    expect(await groupsWith(calls(), token)).toMatchObject({ value: [{ name: "", kind: "domain" }] });
  });
});

describe("by name", () => {
  it("finds a user, and refuses a group", async () => {
    expect(await logons().accountByName("CORP\\alice")).toMatchObject({ value: { userKey: aliceSid, sam: "alice" } });
    expect(await logons().accountByName("Sales EMEA")).toMatchObject({ kind: "absent" });
    expect(await logons().accountByName("mallory")).toMatchObject({ kind: "absent" });
  });
});
