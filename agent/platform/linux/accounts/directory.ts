import { AgentError } from "../../../errors.ts";
import { foldName } from "../../../identity/fold.ts";
import { absent, found, identityReading, type Reading } from "../../../reading.ts";
import { constants } from "../../native-layout.ts";
import type { Account, Group, Platform } from "../../port.ts";
import type { BoundedNames } from "../../posix/bounded-names.ts";
import { groupsById } from "../../posix/group-names.ts";
import type { NamedGroup, NamedUser } from "../../posix/name-service.ts";
import { directoryAccount, localAccount, nobody, ownAccount } from "./classify-account.ts";
import { type NameStyle, styleOf } from "./directory-name.ts";
import { directoryGroups, localGroups } from "./groups.ts";
import { type LocalFiles, readLocalFiles } from "./local-files.ts";
import { isDynamicUser, localUserById, localUserByName } from "./local-user.ts";
import { directorySources, readNssSources, sourcesBesideFiles } from "./nsswitch.ts";

const localOrigin = "/etc/passwd";
const origin = "name service (NSS)";
/** No user, credentials(7). */
const { "(uid_t)-1": noUid } = constants("sys/types.h", { "(uid_t)-1": 0xffff_ffff });
/** Users of systemd-homed, who belong to this machine without being in passwd (https://systemd.io/UIDS-GIDS). */
const isHomedUid = (uid: number): boolean => uid >= 60_001 && uid <= 60_513;

interface Machine {
  readonly root: string;
  readonly hostName: () => string;
  /**
   * Waits between two questions for the names of groups that the directory's client does not know yet; resolves to
   * false if it was long enough.
   */
  readonly pause: (attempt: number) => Promise<boolean>;
}

/** The configuration of a look-up, read again each time, because an administrator may change it while a run waits. */
interface Lookup extends Machine {
  readonly files: LocalFiles;
  readonly directories: readonly string[];
  /** NSS sources of users beside this machine's files, in their order. */
  readonly sources: readonly string[];
  readonly directoryFirst: boolean;
  readonly names: BoundedNames;
}

/**
 * Users and groups: this machine's own from its files, all others from the name service.
 * @param namesFor gives the name service for the NSS sources that ask a directory (none on most hosts)
 */
export function createDirectory(
  machine: Machine,
  namesFor: (directorySources: readonly string[]) => BoundedNames,
): Pick<Platform, "account" | "accountByName" | "groups"> {
  const open = (): Lookup => {
    const nss = readNssSources(machine.root);
    const directories = directorySources(nss);
    const files = readLocalFiles(machine.root, [...nss.users, ...nss.groups]);
    const directoryFirst = directories.includes(nss.users[0] ?? "");
    const sources = sourcesBesideFiles(nss);
    return { ...machine, files, directories, sources, directoryFirst, names: namesFor(directories) };
  };
  const read = <T>(lookUp: (lookup: Lookup) => Promise<Reading<T>>): Promise<Reading<T>> =>
    identityReading(origin, "Users can't be looked up", () => lookUp(open()));
  return {
    account: (userKey) => read((lookup) => accountById(userKey, lookup)),
    accountByName: (name) => read((lookup) => accountByName(name, lookup)),
    groups: (account) => read((lookup) => groupsOf(account, lookup)),
  };
}

async function accountById(userKey: string, lookup: Lookup): Promise<Reading<Account>> {
  const { files, names } = lookup;
  const uid = Number(userKey);
  if (!/^\d{1,10}$/.test(userKey) || uid >= noUid) return absent(origin, `${userKey} is no user ID`);
  const local = localUserById(files, uid);
  if (local !== undefined) return found(localAccount(local, files), localOrigin);
  const user = await names.ask("userById", uid);
  if (user === undefined) return absent(origin, `no account has the user ID ${uid}`);
  if (user.uid !== uid) throw inconsistent(`a look-up of user ID ${uid} returned user ID ${user.uid}`);
  return await otherAccount(user, lookup);
}

async function accountByName(name: string, lookup: Lookup): Promise<Reading<Account>> {
  const { files, directoryFirst, names } = lookup;
  if (!/^[^\0]{1,1024}$/s.test(name)) return absent(origin, "no account can have this name");
  const local = localUserByName(files, name);
  if (local !== undefined && !directoryFirst) return found(localAccount(local, files), localOrigin);
  const user = await names.ask("userByName", name);
  if (user === undefined) return absent(origin, "no account has this name");
  const sameUid = localUserById(files, user.uid);
  if (sameUid?.name === user.name) return found(localAccount(sameUid, files), localOrigin);
  if (sameUid !== undefined) throw inconsistent(`${user.name} and ${sameUid.name} both have the user ID ${user.uid}`);
  return await otherAccount(user, lookup);
}

/** An account that is in none of this machine's files. */
async function otherAccount(user: NamedUser, lookup: Lookup): Promise<Reading<Account>> {
  await refuseAmbiguous(user, lookup);
  const { uid, name } = user;
  // U+FFFD replaces bytes of the name that are not UTF-8.
  if (name === "" || name.includes("\uFFFD")) throw inconsistent(`the user ID ${uid} has no readable name`);
  if (uid === nobody || isDynamicUser(lookup.root, uid)) return found(ownAccount(user, "system"), origin);
  const style = await styleIn(lookup, user);
  return found(
    style === undefined ? ownAccount(user, "local") : directoryAccount(user, style, lookup.hostName()),
    origin,
  );
}

async function groupsOf(account: Account, lookup: Lookup): Promise<Reading<readonly Group[]>> {
  const { files, names, directories, hostName, pause } = lookup;
  const uid = Number(account.userKey);
  const local = localUserById(files, uid);
  if (local !== undefined) return found(localGroups(local, files), "/etc/group");
  const user = await names.ask("userById", uid);
  if (user === undefined) return absent(origin, `no account has the user ID ${uid} any more`);
  if (foldName(user.name) !== foldName(account.systemName))
    throw inconsistent(`${account.systemName} is now called ${user.name}`);
  const style = (await styleIn(lookup, user)) ?? { kind: "whole" };
  const toRows = (groups: readonly NamedGroup[]) =>
    directoryGroups(account, user.gid, withoutOwnGroup(groups, user), files, style, hostName());
  const rows = toRows(await groupsById(names, await names.ask("groupIdsOf", user.name), pause));
  // Unlike a directory of people, Entra ID gives many devices no groups; an LDAP client lists no primary group.
  const listsPrimary = directories.some((source) => clientsThatListPrimary.includes(source));
  const named = rows.some(({ kind, name }) => kind === "domain" && name !== "");
  if (account.kind === "domain" && listsPrimary && !named) throw noGroupsYet(user);
  if (rows.some(({ primary }) => primary)) return found(rows, origin);
  return found([...rows, ...toRows(await groupsById(names, [user.gid], pause))], origin);
}

/**
 * The spelling of the source that has a user; undefined for this machine's own users.
 * @throws AgentError where that is unknown
 */
async function styleIn(
  { directories, sources, names }: Lookup,
  { name, uid }: NamedUser,
): Promise<NameStyle | undefined> {
  const candidates = sources.filter((source) => directories.includes(source));
  if (candidates.length === 0) return undefined;
  // Only if several sources are possible, their libraries are asked one by one.
  const open = candidates.length > 1 || (isHomedUid(uid) && sources.includes("systemd"));
  const source = open ? await names.ask("sourceOf", uid, sources) : candidates[0];
  if (source !== undefined && !directories.includes(source)) return undefined;
  const needsSeparator = source === "winbind" && !name.includes("\\");
  const style = styleOf(name, source, needsSeparator ? await names.ask("winbindNames") : undefined);
  if (style !== undefined) return style;
  throw inconsistent(
    `winbind returns the name ${name}, but its separator between domain and name is unknown; check wbinfo --separator`,
  );
}

/**
 * Groups are looked up by name. If the name belongs to another user, the groups would be that user's. This machine's
 * own users are no danger: their groups are known as local.
 */
async function refuseAmbiguous(user: NamedUser, { files, names }: Lookup): Promise<void> {
  if (files.users.some(({ name }) => name === user.name)) return;
  const again = await names.ask("userByName", user.name);
  if (again?.uid === user.uid) return;
  throw inconsistent(
    `user ID ${user.uid} has the name ${user.name}, but that name has the user ID ${again?.uid ?? "none"}`,
  );
}

/**
 * A group with the user's own name is no directory group, because names are unique there: winbind shows the user's SID
 * like this, FreeIPA and SSSD a private group.
 */
function withoutOwnGroup(groups: readonly NamedGroup[], user: NamedUser): readonly NamedGroup[] {
  return groups.filter(({ name }) => name === undefined || foldName(name) !== foldName(user.name));
}

/** NSS sources whose initgroups(3) lists a user's primary group beside the others. */
const clientsThatListPrimary: readonly string[] = ["sss", "winbind"];

/**
 * An off-line client knows users that it has seen, but not their groups: SSSD 2.8 with no group, winbind 4.17 with the
 * user's own SID. While the directory answers, both list at least `Domain Users`.
 */
function noGroupsYet(user: NamedUser): AgentError {
  const message = `The directory's client lists no group of ${user.name}: it may be offline and not know this user yet. If your users are in no directory group, set groupFallback to none and leave groupPrefer out.`;
  return new AgentError("identity-unreadable", message);
}

function inconsistent(what: string): AgentError {
  return new AgentError("identity-unreadable", `NSS returned inconsistent data: ${what}.`);
}
