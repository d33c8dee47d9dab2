import { AgentError } from "../../../errors.ts";
import { foldName } from "../../../identity/fold.ts";
import type { MakeCalls } from "../../native-calls.ts";
import { once } from "../../once.ts";
import type { Account, Session } from "../../port.ts";
import { type BoundedOptions, boundedCalls, directCalls } from "../bounded-calls.ts";
import { WindowsError } from "../native/windows-error.ts";
import { lookUpName } from "./find-account.ts";
import { lookUpSids, type NamedSid } from "./look-up-sids.ts";
import { isEnabled } from "./parse-token.ts";
import { accountDomains } from "./read-local-policy.ts";
import { consoleSession, machineName, ownSession, sessionRows, shellToken } from "./read-sessions.ts";
import {
  type LogonNames,
  type OpenToken,
  ownToken,
  sessionToken,
  type TokenFacts,
  type TokenUse,
} from "./read-tokens.ts";
import { type SessionRow, toSession } from "./sessions.ts";
import { administratorsSid, isBuiltInAccountSid, type Sid, type SidAuthorities, sidKind, systemSid } from "./sids.ts";

/** Windows itself gives up on a domain controller later than this. */
const accountNames: BoundedOptions = {
  limit: 15_000,
  asksFor: "account names",
  check: "Check that a domain controller can be reached.",
};

/** This machine's information about logons; each function may throw WindowsError. */
export const logonSources = () => ({
  ownToken,
  sessionRows,
  consoleSession,
  ownSession,
  sessionToken,
  shellToken,
  accountDomains,
  machineName,
  lookUpSids,
  /** For questions that this machine answers by itself. */
  direct: directCalls(),
  /** For questions that may go to a domain controller. */
  bounded: boundedCalls(accountNames),
});

export type LogonSources = ReturnType<typeof logonSources>;

/** One account: from its token, or only by name if the token may not be read. */
export interface KnownUser {
  readonly names: Pick<LogonNames, "user" | "domain"> & { readonly upn?: string | undefined };
  readonly sid: Sid | undefined;
  readonly token: TokenFacts | undefined;
  /** A session of the user's. */
  readonly session?: number;
}

/**
 * Users by their SIDs, from tokens if these may be read: they have the account and its groups without a domain
 * controller. A plain user may not ask for other users' tokens; their sessions are known by `DOMAIN\user`.
 */
export class KnownUsers {
  /** This process's. @throws WindowsError */
  readonly own: () => TokenFacts;
  /** @throws WindowsError */
  readonly authorities: () => SidAuthorities;
  readonly #sources: LogonSources;
  /** Users of sessions, by the key of their accounts. */
  readonly #known = new Map<string, KnownUser>();

  constructor(sources: LogonSources) {
    this.#sources = sources;
    this.own = once(sources.ownToken);
    this.authorities = once(sources.accountDomains);
  }

  /** Remembers the session's user. */
  async sessionOf(row: SessionRow): Promise<Session> {
    const user = await this.#userOf(row);
    const userKey = user.sid ?? `${row.domain}\\${row.user}`;
    this.#known.set(userKey, { ...user, session: row.id });
    return toSession(row, { userKey, kind: this.#kindOf(user.sid, row.domain) }, this.#sources.consoleSession());
  }

  /** Undefined if Windows does not know this account. */
  async find(userKey: string): Promise<KnownUser | undefined> {
    const remembered = this.#known.get(userKey);
    if (remembered !== undefined) return remembered;
    const { names, userSid } = this.own();
    const token = userKey === userSid ? this.own() : undefined;
    if (token !== undefined && names !== undefined) return { names, sid: userSid, token };
    const named = (await this.namesOf([userKey])).get(userKey);
    return named && { names: { user: named.name, domain: named.domain }, sid: userKey, token };
  }

  /** Undefined if Windows does not know this account. */
  async account(userKey: string): Promise<Account | undefined> {
    const one = await this.find(userKey);
    return one && this.#accountOf(userKey, await this.#withOwnSpelling(one));
  }

  /** Asks a domain controller at most once. */
  async namesOf(sids: readonly Sid[]): Promise<ReadonlyMap<Sid, NamedSid | undefined>> {
    const names = new Map<Sid, NamedSid | undefined>();
    for (const makeCalls of new Set(sids.map((sid) => this.#callsFor(sid)))) {
      const part = sids.filter((sid) => this.#callsFor(sid) === makeCalls);
      const named = await this.#sources.lookUpSids(part, makeCalls);
      part.forEach((sid, index) => {
        names.set(sid, named[index]);
      });
    }
    return names;
  }

  /** Well-known SIDs, and local ones outside of domains, need no domain controller. */
  #callsFor(sid: Sid): MakeCalls {
    const kind = sidKind(sid, this.authorities());
    const here = kind === "well-known" || (kind === "local" && this.authorities().domain === undefined);
    return here ? this.#sources.direct : this.#sources.bounded;
  }

  async #userOf(row: SessionRow): Promise<KnownUser> {
    const own = this.own();
    const rowNames = { user: row.user, domain: row.domain };
    // A person is identified by SID: a Microsoft account's logon has another name than its session.
    const mayAsk = isAdministrator(own) || row.id === this.#sources.ownSession();
    using opened = mayAsk ? openPermitted(this.#sources, row.id, "read") : undefined;
    const token = opened?.facts();
    if (token !== undefined) {
      const isLocal = sidKind(token.userSid, this.authorities()) === "local";
      return { names: isLocal ? rowNames : (token.names ?? rowNames), sid: token.userSid, token };
    }
    if (own.names !== undefined && sameName(own.names, row)) return { names: own.names, sid: own.userSid, token: own };
    if (!isAdministrator(own)) return { names: rowNames, sid: undefined, token: undefined };
    const name = `${row.domain}\\${row.user}`;
    const { direct, bounded } = this.#sources;
    const looked = await lookUpName(name, this.authorities().domain === undefined ? direct : bounded);
    if (looked === undefined) throw new Error(`${name} is logged on, but Windows does not know this account`);
    return { names: rowNames, sid: looked.sid, token: undefined };
  }

  /**
   * With the machine's or domain's spelling of the name, if available: a logon keeps the typed name, and a Microsoft
   * account's keeps the mail address.
   */
  async #withOwnSpelling(one: KnownUser): Promise<KnownUser> {
    const { sid, names } = one;
    const kind = sid === undefined ? undefined : sidKind(sid, this.authorities());
    if (sid === undefined || (kind !== "domain" && kind !== "local")) return one;
    try {
      const named = (await this.namesOf([sid])).get(sid);
      return named === undefined ? one : { ...one, names: { ...names, user: named.name, domain: named.domain } };
    } catch (error) {
      if (error instanceof AgentError || error instanceof WindowsError) return one;
      throw error;
    }
  }

  #accountOf(userKey: string, { names, sid }: KnownUser): Account {
    const { user, domain, upn } = names;
    const kind = this.#kindOf(sid, domain);
    return {
      userKey,
      systemName: domain === "" ? user : `${domain}\\${user}`,
      sam: user,
      domain: kind === "domain" || kind === "entra" ? domain || undefined : undefined,
      upn: upn === undefined || kind === "local" ? undefined : upn,
      kind,
    };
  }

  #kindOf(sid: Sid | undefined, domain: string): Account["kind"] {
    if (sid !== undefined) {
      const kind = sidKind(sid, this.authorities());
      return kind === "well-known" || isBuiltInAccountSid(sid) ? "system" : kind;
    }
    if (foldName(domain) === foldName(this.#sources.machineName())) return "local";
    return foldName(domain) === "AZUREAD" ? "entra" : "domain";
  }
}

/** The session's own token, else its shell's; undefined if Windows permits this process to open neither. */
export function openPermitted(
  { sessionToken, shellToken }: Pick<LogonSources, "sessionToken" | "shellToken">,
  session: number,
  use: TokenUse,
): OpenToken | undefined {
  for (const open of [sessionToken, shellToken]) {
    try {
      const token = open(session, use);
      if (token !== undefined) return token;
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
