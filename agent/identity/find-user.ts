import { AgentError } from "../errors.ts";
import type { Reading } from "../reading.ts";
import type { Settings } from "../settings/table.ts";
import { firstMatch } from "./pattern.ts";
import type { Account, IdentitySources, Session } from "./sources.ts";
import { spellingsOf } from "./username.ts";

export interface UserRequest {
  readonly user: string | undefined;
  readonly session: string | undefined;
}

/** One logged-on person as `--dry-run` lists it. */
export interface Person {
  readonly account: Account;
  readonly sessions: readonly Session[];
  /** The pattern of `excludeUsers` that keeps the person out, or {@link serviceAccount}. */
  readonly excludedBy: string | undefined;
}

/** In a pattern's place. */
const serviceAccount = "a system account";

/** The user to link, or why there is none, and all users that are logged on. */
export type UserFinding =
  | { readonly kind: "user"; readonly account: Account; readonly reason: string; readonly people: readonly Person[] }
  | { readonly kind: "skipped"; readonly reason: string; readonly people: readonly Person[] }
  | { readonly kind: "none"; readonly error: AgentError; readonly people: readonly Person[] };

type UserSettings = Pick<Settings, "excludeUsers" | "allowMultiSession">;
type UserPlatform = Pick<IdentitySources, "privileged" | "sessions" | "caller" | "account" | "accountByName">;

/**
 * Finds the one person to link. In this order: the user that `--user` names; the user of the session that `--session`
 * names; the person who runs the program, if it is one; the person at the machine (active at the seat, then active over
 * the network, then switched away, then disconnected). Several people at once are skipped unless the settings allow it.
 * Any look-up that fails ends the search: no link is better than a link to the wrong person.
 */
export async function findUser(
  platform: UserPlatform,
  request: UserRequest,
  settings: UserSettings,
): Promise<UserFinding> {
  try {
    if (request.user !== undefined) return await namedUser(platform, request.user, settings);
    return await loggedOnUser(platform, request.session, settings);
  } catch (error) {
    if (error instanceof AgentError) return { kind: "none", error, people: [] };
    throw error;
  }
}

async function namedUser(platform: UserPlatform, name: string, settings: UserSettings): Promise<UserFinding> {
  const looked = await platform.accountByName(name);
  if (looked.kind === "absent") {
    return none(new AgentError("no-user", `No user ${name}: ${looked.reason}. Check the spelling.`));
  }
  const account = certain(looked);
  if (!platform.privileged) {
    const caller = await platform.caller();
    if (caller.kind !== "found" || caller.value.userKey !== account.userKey) {
      return none(new AgentError("not-permitted", `Only an administrator may link another user (--user ${name}).`));
    }
  }
  const person = { account, sessions: [], excludedBy: firstMatch(settings.excludeUsers, spellingsOf(account)) };
  if (person.excludedBy !== undefined) return excluded([person]);
  return { kind: "user", account, reason: "named by --user", people: [person] };
}

async function loggedOnUser(
  platform: UserPlatform,
  sessionId: string | undefined,
  settings: UserSettings,
): Promise<UserFinding> {
  const sessions = await platform.sessions();
  const personal = sessions.kind === "absent" ? [] : certain(sessions).filter(isPersonal);
  const caller = await platform.caller();
  if (caller.kind === "failed") throw caller.error;
  const callerKey = caller.kind === "found" ? caller.value.userKey : undefined;
  const people = await peopleOf(platform, personal, callerKey, settings);
  const allowed = people.filter((person) => person.excludedBy === undefined);

  const owner = people.find(({ sessions }) => sessions.some(({ id }) => id === sessionId));
  if (sessionId !== undefined && owner === undefined) {
    const message = `Session ${sessionId} has ended or does not belong to a user. linkuser-agent --dry-run lists the user sessions.`;
    return none(new AgentError("no-user", message), people);
  }
  // A service may link other users; a plain user may not.
  if (owner !== undefined && !platform.privileged && callerKey !== undefined && owner.account.userKey !== callerKey) {
    return none(new AgentError("not-permitted", `Only an administrator may link the user of session ${sessionId}.`));
  }
  if (owner?.excludedBy !== undefined) return excluded(people, owner);
  if (people.length === 0) return none(new AgentError("no-user", nobody(sessions)), people);
  if (allowed.length === 0) return excluded(people);
  if (allowed.length > 1 && !settings.allowMultiSession) {
    const names = allowed.map(({ account }) => account.systemName).join(", ");
    const reason = `several users are logged on (${names}) and allowMultiSession is false; --user names one`;
    return { kind: "skipped", reason, people };
  }
  const chosen = ({ account }: Person, reason: string): UserFinding => ({ kind: "user", account, reason, people });
  if (owner !== undefined) return chosen(owner, `the user of session ${sessionId}`);
  if (callerKey !== undefined && !platform.privileged) {
    const own = allowed.find(({ account }) => account.userKey === callerKey);
    return own === undefined ? excluded(people) : chosen(own, "runs this program");
  }
  const [best] = allowed.toSorted((a, b) => presence(a) - presence(b));
  return best === undefined ? excluded(people) : chosen(best, presenceReason(best));
}

/** All logged-on users, each once, and the caller, who may have no session (in a container, under cron). */
async function peopleOf(
  platform: UserPlatform,
  sessions: readonly Session[],
  callerKey: string | undefined,
  settings: UserSettings,
): Promise<readonly Person[]> {
  const keys = new Set(sessions.map(({ userKey }) => userKey));
  if (callerKey !== undefined) keys.add(callerKey);
  const people: Person[] = [];
  for (const key of keys) {
    const account = certain(await platform.account(key));
    people.push({
      account,
      sessions: sessions.filter(({ userKey }) => userKey === key),
      excludedBy: account.kind === "system" ? serviceAccount : firstMatch(settings.excludeUsers, spellingsOf(account)),
    });
  }
  return people;
}

const isPersonal = (session: Session): boolean => session.class === "user" && session.state !== "closing";

const presences = [
  { reason: "logged on at the screen", fits: (s: Session) => s.state === "active" && s.local && s.seat !== undefined },
  { reason: "logged on at the machine", fits: (s: Session) => s.state === "active" && s.local },
  { reason: "logged on over the network", fits: (s: Session) => s.state === "active" },
  { reason: "logged on, switched away", fits: (s: Session) => s.state === "online" },
  { reason: "logged on, disconnected", fits: () => true },
];

function presence({ sessions }: Person): number {
  const ranks = sessions.map((session) => presences.findIndex(({ fits }) => fits(session)));
  return Math.min(presences.length, ...ranks);
}

const presenceReason = (person: Person): string => presences[presence(person)]?.reason ?? "runs this program";

function excluded(people: readonly Person[], person = people[0]): UserFinding {
  const name = person?.account.systemName ?? "the user";
  if (person?.excludedBy === serviceAccount) {
    return { kind: "skipped", reason: `${name} is ${serviceAccount}, not a person's`, people };
  }
  return { kind: "skipped", reason: `${name} is excluded by excludeUsers (${person?.excludedBy})`, people };
}

const none = (error: AgentError, people: readonly Person[] = []): UserFinding => ({ kind: "none", error, people });

function nobody(sessions: Reading<unknown>): string {
  const detail = sessions.kind === "absent" ? ` (${sessions.origin}: ${sessions.reason})` : "";
  return `No one is logged on${detail}. To link a user anyway, name one with --user.`;
}

function certain<T>(reading: Reading<T>): T {
  if (reading.kind === "found") return reading.value;
  if (reading.kind === "failed") throw reading.error;
  throw new AgentError("identity-unreadable", `${reading.origin}: ${reading.reason}.`);
}
