import { AgentError } from "../../../errors.ts";
import { absent, failed, found, identityReading, type Reading } from "../../../reading.ts";
import type { Account, Platform, Session } from "../../port.ts";
import { lookUpName } from "./find-account.ts";
import { KnownUsers, type LogonSources, openPermitted } from "./known-users.ts";
import { nameUse } from "./look-up-sids.ts";
import { askPrincipalName } from "./principal-name.ts";
import { servicesSession } from "./sessions.ts";
import { isServiceSid } from "./sids.ts";
import { groupsOf } from "./token-groups.ts";

export type Logons = Pick<Platform, "sessions" | "caller" | "account" | "accountByName" | "groups"> &
  Required<Pick<Platform, "principalName">>;

/** Logged-on users and their accounts, by what {@link KnownUsers} finds out. */
export function createLogons(sources: LogonSources): Logons {
  const users = new KnownUsers(sources);
  const accountReading = async (userKey: string, origin: string): Promise<Reading<Account>> => {
    const account = await users.account(userKey);
    return account === undefined ? absent(origin, "Windows does not know this account") : found(account, origin);
  };
  return {
    sessions: () =>
      reading("Windows sessions", async (origin) => {
        const all: Session[] = [];
        for (const row of sources.sessionRows()) {
          if (row.user !== "") all.push(await users.sessionOf(row));
        }
        return all.length === 0 ? absent(origin, "no session has a user") : found(all, origin);
      }),
    caller: () =>
      reading("own token", async (origin) => {
        const { userSid } = users.own();
        if (isServiceSid(userSid)) return absent(origin, "a service account runs this program");
        return sources.ownSession() === servicesSession
          ? absent(origin, "this program runs in the session of the services")
          : found({ userKey: userSid }, origin);
      }),
    account: (userKey) => reading(`account ${userKey}`, (origin) => accountReading(userKey, origin)),
    accountByName: (name) =>
      reading(`account ${name}`, async (origin) => {
        const looked = await lookUpName(name, sources.bounded);
        if (looked === undefined) {
          return absent(origin, "Windows does not know this account, or no domain controller answered");
        }
        if (looked.use !== nameUse.SidTypeUser) return absent(origin, "it is a group or a computer, not a user");
        return await accountReading(looked.sid, `account ${looked.sid}`);
      }),
    principalName: (account) =>
      reading(`UPN of ${account.systemName}`, (origin) => principalName(users, sources, account, origin)),
    groups: ({ userKey, systemName, kind }) =>
      reading(`groups of ${systemName}`, async (origin) => {
        const token = (await users.find(userKey))?.token;
        // A domain takes no account of another machine into its groups.
        if (token === undefined && kind === "local") return found([], origin);
        if (token === undefined) {
          const message = `The groups of ${systemName} can be read only while that user is logged on, and only by that user or by SYSTEM.`;
          throw new AgentError("identity-unreadable", message);
        }
        return found(await groupsOf(token, users.authorities(), (sids) => users.namesOf(sids)), origin);
      }),
  };
}

async function principalName(
  users: KnownUsers,
  sources: LogonSources,
  { userKey, systemName, kind }: Account,
  origin: string,
): Promise<Reading<string>> {
  const { bounded } = sources;
  const upnReading = (upn: string | undefined): Reading<string> => {
    if (upn !== undefined) return found(upn, origin);
    if (kind !== "entra") return absent(origin, "Windows knows none");
    const message = `Windows does not know the UPN of ${systemName} yet. Windows learns the UPN from Entra ID when the user is online.`;
    return failed(origin, new AgentError("identity-unreadable", message));
  };
  if (userKey === users.own().userSid) return upnReading(await askPrincipalName(bounded, undefined));
  const { session } = (await users.find(userKey)) ?? {};
  if (session === undefined) {
    const message = `The UPN of ${systemName} can be looked up only while that user is logged on, and only by that user or by SYSTEM.`;
    throw new AgentError("identity-unreadable", message);
  }
  using token = openPermitted(sources, session, "impersonate");
  if (token === undefined) throw new Error("no token of the session can be used");
  return upnReading(await askPrincipalName(bounded, token.handle));
}

const reading = <T>(origin: string, read: (origin: string) => Promise<Reading<T>>): Promise<Reading<T>> =>
  identityReading(origin, `${origin} can't be read`, () => read(origin));
