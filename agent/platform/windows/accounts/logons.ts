import { AgentError, messageOf } from "../../../errors.ts";
import { foldName } from "../../../identity/fold.ts";
import { once } from "../../../once.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import type { MakeCalls } from "../../native-calls.ts";
import type { Account, Platform, Session } from "../../port.ts";
import { WindowsError } from "../native/windows-error.ts";
import { lookUpName } from "./find-account.ts";
import { type NamedSid, nameUse } from "./look-up-sids.ts";
import { isEnabled } from "./parse-token.ts";
import { askPrincipalName } from "./principal-name.ts";
import type { LogonNames, OpenToken, TokenFacts } from "./read-tokens.ts";
import { type SessionRow, servicesSession, toSession } from "./sessions.ts";
import {
  administratorsSid,
  isBuiltInAccountSid,
  isServiceSid,
  type Sid,
  type SidAuthorities,
  sidKind,
  systemSid,
} from "./sids.ts";
import { groupsOf } from "./token-groups.ts";

/** What this machine knows of its logons; each may throw WindowsError. */
export interface LogonSources {
  readonly ownToken: () => TokenFacts;
  readonly sessionRows: () => readonly SessionRow[];
  readonly consoleSession: () => number | undefined;
  readonly ownSession: () => number;
  readonly sessionToken: (session: number) => TokenFacts;
  readonly shellToken: (session: number) => TokenFacts | undefined;
  /** The same two, opened for impersonation. */
  readonly openSessionToken: (session: number) => OpenToken;
  readonly openShellToken: (session: number) => OpenToken | undefined;
  readonly accountDomains: () => SidAuthorities;
  /** NetBIOS name of this machine. */
  readonly machineName: () => string;
  /** The names of SIDs, in the same order, by either kind of calls; see `look-up-sids.ts`. */
  readonly lookUpSids: (sids: readonly Sid[], makeCalls: MakeCalls) => Promise<readonly (NamedSid | undefined)[]>;
  /** For questions that this machine answers by itself. */
  readonly direct: MakeCalls;
  /** For questions that may go to a domain controller. */
  readonly bounded: MakeCalls;
}

/** What is known of one account: from its token, or where that may not be asked, by name alone. */
interface Known {
  readonly names: Pick<LogonNames, "user" | "domain"> & { readonly upn?: string | undefined };
  readonly sid: Sid | undefined;
  readonly token: TokenFacts | undefined;
  /** A session of the user's. */
  readonly session?: number;
}

/** The parts of the platform that concern logged-on users. */
export type Logons = Pick<Platform, "sessions" | "caller" | "account" | "accountByName" | "groups"> &
  Required<Pick<Platform, "principalName">>;

/**
 * Accounts by their SIDs, from tokens where they may be asked: those name the account and its groups without a domain
 * controller. A plain user may not ask for other users' tokens; their sessions are known by `DOMAIN\user`.
 */
export function createLogons(sources: LogonSources): Logons {
  const known = new Map<string, Known>();
  const own = once(sources.ownToken);
  const authorities = once(sources.accountDomains);

  /** Well-known SIDs, and local ones on a machine without a domain, need no domain controller. */
  const callsFor = (sid: Sid): MakeCalls => {
    const kind = sidKind(sid, authorities());
    const here = kind === "well-known" || (kind === "local" && authorities().domain === undefined);
    return here ? sources.direct : sources.bounded;
  };

  /** Asks a domain controller at most once. */
  async function namesOf(sids: readonly Sid[]): Promise<ReadonlyMap<Sid, NamedSid | undefined>> {
    const names = new Map<Sid, NamedSid | undefined>();
    for (const makeCalls of new Set(sids.map(callsFor))) {
      const part = sids.filter((sid) => callsFor(sid) === makeCalls);
      const named = await sources.lookUpSids(part, makeCalls);
      part.forEach((sid, index) => {
        names.set(sid, named[index]);
      });
    }
    return names;
  }

  async function sessionOf(row: SessionRow): Promise<Session> {
    const knownUser = await userOf(row);
    const userKey = knownUser.sid ?? `${row.domain}\\${row.user}`;
    known.set(userKey, { ...knownUser, session: row.id });
    const kind = accountKind(knownUser.sid, row.domain);
    return toSession(row, { userKey, kind }, sources.consoleSession());
  }

  async function userOf(row: SessionRow): Promise<Known> {
    const { names: ownNames, userSid } = own();
    const rowNames = { user: row.user, domain: row.domain };
    // A person is a SID: a Microsoft account's logon has another name than its session.
    const mayAsk = isAdministrator(own()) || row.id === sources.ownSession();
    const token = mayAsk ? tokenOf(row.id) : undefined;
    if (token !== undefined) {
      const isLocal = sidKind(token.userSid, authorities()) === "local";
      return { names: isLocal ? rowNames : (token.names ?? rowNames), sid: token.userSid, token };
    }
    if (ownNames !== undefined && sameName(ownNames, row)) return { names: ownNames, sid: userSid, token: own() };
    if (!isAdministrator(own())) return { names: rowNames, sid: undefined, token: undefined };
    const name = `${row.domain}\\${row.user}`;
    const looked = await lookUpName(name, authorities().domain === undefined ? sources.direct : sources.bounded);
    if (looked === undefined) throw new Error(`${name} is logged on, but Windows knows no such account`);
    return { names: rowNames, sid: looked.sid, token: undefined };
  }

  /** The session's own token, else its shell's; undefined where neither may be asked. */
  const tokenOf = (session: number) => firstPermitted([sources.sessionToken, sources.shellToken], session);

  async function knownBy(userKey: string): Promise<Known | undefined> {
    const remembered = known.get(userKey);
    if (remembered !== undefined) return remembered;
    const { names, userSid } = own();
    if (userKey === userSid && names !== undefined) return { names, sid: userSid, token: own() };
    const named = (await namesOf([userKey])).get(userKey);
    if (named === undefined) return undefined;
    return {
      names: { user: named.name, domain: named.domain },
      sid: userKey,
      token: userKey === userSid ? own() : undefined,
    };
  }

  /**
   * With the name as the machine or the domain spells it, where that can be had: a logon keeps what was typed, and a
   * Microsoft account's keeps the mail address.
   */
  async function withOwnSpelling(one: Known): Promise<Known> {
    const { sid, names } = one;
    const kind = sid === undefined ? undefined : sidKind(sid, authorities());
    if (sid === undefined || (kind !== "domain" && kind !== "local")) return one;
    try {
      const named = (await namesOf([sid])).get(sid);
      return named === undefined ? one : { ...one, names: { ...names, user: named.name, domain: named.domain } };
    } catch (error) {
      if (error instanceof AgentError || error instanceof WindowsError) return one;
      throw error;
    }
  }

  function accountOf(userKey: string, { names, sid }: Known): Account {
    const { user, domain, upn } = names;
    const kind = accountKind(sid, domain);
    return {
      userKey,
      systemName: domain === "" ? user : `${domain}\\${user}`,
      sam: user,
      domain: kind === "domain" || kind === "entra" ? domain || undefined : undefined,
      upn: upn === undefined || kind === "local" ? undefined : upn,
      kind,
    };
  }

  function accountKind(sid: Sid | undefined, domain: string): Account["kind"] {
    if (sid !== undefined) {
      const kind = sidKind(sid, authorities());
      return kind === "well-known" || isBuiltInAccountSid(sid) ? "system" : kind;
    }
    if (foldName(domain) === foldName(sources.machineName())) return "local";
    return foldName(domain) === "AZUREAD" ? "entra" : "domain";
  }

  const account = (userKey: string): Promise<Reading<Account>> =>
    reading(`account ${userKey}`, async (origin) => {
      const one = await knownBy(userKey);
      if (one === undefined) return absent(origin, "Windows knows no such account");
      return found(accountOf(userKey, await withOwnSpelling(one)), origin);
    });

  return {
    sessions: () =>
      reading("Windows sessions", async (origin) => {
        const sessions: Session[] = [];
        for (const row of sources.sessionRows()) {
          if (row.user !== "") sessions.push(await sessionOf(row));
        }
        return sessions.length === 0 ? absent(origin, "no session has a user") : found(sessions, origin);
      }),

    caller: () =>
      reading("own token", async (origin) => {
        const { userSid } = own();
        if (isServiceSid(userSid)) return absent(origin, "a service account runs this program");
        if (sources.ownSession() === servicesSession)
          return absent(origin, "this program runs in the session of the services");
        return found({ userKey: userSid }, origin);
      }),

    account,

    accountByName: (name) =>
      reading(`account ${name}`, async (origin) => {
        const looked = await lookUpName(name, sources.bounded);
        if (looked === undefined) {
          return absent(origin, "Windows knows no such account, or no domain controller answered it");
        }
        if (looked.use !== nameUse.SidTypeUser) return absent(origin, "it is a group or a computer, no user");
        return await account(looked.sid);
      }),

    principalName: ({ userKey, systemName, kind }) =>
      reading(`UPN of ${systemName}`, async (origin) => {
        const upnReading = (upn: string | undefined): Reading<string> => {
          if (upn !== undefined) return found(upn, origin);
          if (kind !== "entra") return absent(origin, "Windows knows none");
          const message = `Windows does not know the UPN of ${systemName} yet. It learns it from Entra ID when the user is online.`;
          return failed(origin, new AgentError("identity-unreadable", message));
        };
        if (userKey === own().userSid) return upnReading(await askPrincipalName(sources.bounded, undefined));
        const { session } = (await knownBy(userKey)) ?? {};
        if (session === undefined) {
          const message = `The UPN of ${systemName} can be asked for only while that user is logged on, and only by that user or by SYSTEM.`;
          throw new AgentError("identity-unreadable", message);
        }
        using token = firstPermitted([sources.openSessionToken, sources.openShellToken], session);
        if (token === undefined) throw new Error("no token of the session may be used");
        return upnReading(await askPrincipalName(sources.bounded, token.handle));
      }),

    groups: ({ userKey, systemName, kind }) =>
      reading(`groups of ${systemName}`, async (origin) => {
        const token = (await knownBy(userKey))?.token;
        // A domain takes no account of another machine into its groups.
        if (token === undefined && kind === "local") return found([], origin);
        if (token === undefined) {
          const message = `The groups of ${systemName} can be read only while that user is logged on, and only by that user or by SYSTEM.`;
          throw new AgentError("identity-unreadable", message);
        }
        return found(await groupsOf(token, authorities(), namesOf), origin);
      }),
  };
}

/** The first token that Windows permits this process to open. */
function firstPermitted<T>(asks: readonly ((session: number) => T | undefined)[], session: number): T | undefined {
  for (const ask of asks) {
    try {
      const answer = ask(session);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof WindowsError)) throw error;
    }
  }
  return undefined;
}

/** Runs with an administrator's rights: SYSTEM, or the Administrators group switched on. */
export function isAdministrator({ userSid, groups }: TokenFacts): boolean {
  return userSid === systemSid || groups.some((group) => group.sid === administratorsSid && isEnabled(group));
}

function sameName(names: Pick<LogonNames, "user" | "domain">, row: SessionRow): boolean {
  return foldName(names.user) === foldName(row.user) && foldName(names.domain) === foldName(row.domain);
}

/** Turns what is thrown into `failed`. */
async function reading<T>(origin: string, read: (origin: string) => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await read(origin);
  } catch (cause) {
    if (cause instanceof AgentError) return failed(origin, cause);
    return failed(
      origin,
      new AgentError("identity-unreadable", `${origin} can't be read: ${messageOf(cause)}.`, { cause }),
    );
  }
}
