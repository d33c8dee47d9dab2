import { AgentError, messageOf } from "../../../errors.ts";
import { foldName } from "../../../identity/fold.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import type { Account, Group } from "../../port.ts";
import type { BoundedNames } from "../../posix/bounded-names.ts";
import type { NamedGroup, NamedUser } from "../../posix/name-service.ts";
import { localAccount, otherAccount } from "./accounts.ts";
import { directoryGroups, localGroups } from "./groups.ts";
import { type LocalFiles, readLocalFiles } from "./local-files.ts";
import { directorySources, readNssSources } from "./nsswitch.ts";

const localOrigin = "/etc/passwd";
const origin = "name service (NSS)";
/** (uid_t) -1 is no user, credentials(7). */
const largestUid = 0xffff_fffe;

/** Users and groups: this machine's own from its files, all others from the name service. */
export interface Directory {
  account(userKey: string): Promise<Reading<Account>>;
  accountByName(name: string): Promise<Reading<Account>>;
  groups(account: Account): Promise<Reading<readonly Group[]>>;
}

/**
 * @param namesFor gives the name service for the NSS sources that ask a directory (none on most hosts)
 * @param hostName of this machine
 */
export function createDirectory(
  root: string,
  namesFor: (directorySources: readonly string[]) => BoundedNames,
  hostName: () => string,
): Directory {
  const open = () => {
    const sources = readNssSources(root);
    const directories = directorySources(sources);
    const files = readLocalFiles(root, [...sources.users, ...sources.groups]);
    const directoryFirst = directories.includes(sources.users[0] ?? "");
    return { files, directories, directoryFirst, names: namesFor(directories) };
  };

  return {
    account: (userKey) =>
      read(origin, async () => {
        const uid = Number(userKey);
        if (!/^\d{1,10}$/.test(userKey) || uid > largestUid) return absent(origin, `${userKey} is no user ID`);
        const { files, directories, names } = open();
        const local = files.users.find((user) => user.uid === uid);
        if (local !== undefined) return found(localAccount(local, files), localOrigin);
        const user = await names.ask("userById", uid);
        if (user === undefined) return absent(origin, `no account has the user ID ${uid}`);
        if (user.uid !== uid) throw unclear(`asked for the user ID ${uid} it gives ${user.uid}`);
        await refuseAmbiguous(user, files, names);
        return found(otherAccount(checked(user), directories, hostName()), origin);
      }),

    accountByName: (name) =>
      read(origin, async () => {
        if (!/^[^\0]{1,1024}$/s.test(name)) return absent(origin, "no account can have this name");
        const { files, directories, directoryFirst, names } = open();
        const local = files.users.find((user) => user.name === name);
        if (local !== undefined && !directoryFirst) return found(localAccount(local, files), localOrigin);
        const user = await names.ask("userByName", name);
        if (user === undefined) return absent(origin, "no account has this name");
        const sameUid = files.users.find(({ uid }) => uid === user.uid);
        if (sameUid?.name === user.name) return found(localAccount(sameUid, files), localOrigin);
        if (sameUid !== undefined) throw unclear(`${user.name} and ${sameUid.name} have the user ID ${user.uid}`);
        await refuseAmbiguous(user, files, names);
        return found(otherAccount(checked(user), directories, hostName()), origin);
      }),

    groups: (account) =>
      read(origin, async () => {
        const { files, directories, names } = open();
        const uid = Number(account.userKey);
        const local = files.users.find((user) => user.uid === uid);
        if (local !== undefined) return found(localGroups(local, files), "/etc/group");
        const user = await names.ask("userById", uid);
        if (user === undefined) return absent(origin, `no account has the user ID ${uid} any more`);
        if (user.name !== account.systemName) throw unclear(`${account.systemName} is now called ${user.name}`);
        const listed = withoutOwnGroup(await names.ask("groupsOf", user.name), user);
        const rows = directoryGroups(account, user.gid, listed, files, directories, hostName());
        if (account.kind === "domain" && !rows.some(({ kind }) => kind === "domain")) throw noGroupsYet(user);
        if (rows.some(({ primary }) => primary)) return found(rows, origin);
        const primary = withoutOwnGroup([await names.ask("groupById", user.gid)], user);
        return found([...rows, ...directoryGroups(account, user.gid, primary, files, directories, hostName())], origin);
      }),
  };
}

/**
 * Groups are looked up by name. Where the name leads to somebody else, they would be that person's; one of this
 * machine's own users is no danger, since own groups are told apart.
 */
async function refuseAmbiguous(user: NamedUser, files: LocalFiles, names: BoundedNames): Promise<void> {
  if (files.users.some(({ name }) => name === user.name)) return;
  const again = await names.ask("userByName", user.name);
  if (again?.uid === user.uid) return;
  throw unclear(`the name ${user.name} of the user ID ${user.uid} leads to ${again?.uid ?? "nobody"}`);
}

/**
 * A group of the user's own name is none of the directory's, where a name is given once: winbind shows the user's own
 * SID so, FreeIPA and SSSD a private group.
 */
function withoutOwnGroup(groups: readonly NamedGroup[], user: NamedUser): readonly NamedGroup[] {
  return groups.filter(({ name }) => name === undefined || foldName(name) !== foldName(user.name));
}

/** U+FFFD stands where the name's bytes are not UTF-8. */
function checked(user: NamedUser): NamedUser {
  if (user.name === "" || user.name.includes("\uFFFD")) throw unclear(`the user ID ${user.uid} has no readable name`);
  return user;
}

/**
 * An off-line client answers for a user whom it has seen but whose groups it has not: SSSD 2.8 with no group, winbind
 * 4.17 with the user's own SID. On line, both list at least `Domain Users`.
 */
function noGroupsYet(user: NamedUser): AgentError {
  const message = `The directory's client lists no group of ${user.name}: it may be off line and not have seen them yet. Where users are in no group of the directory, set groupFallback to none and leave groupPrefer out.`;
  return new AgentError("identity-unreadable", message);
}

function unclear(what: string): AgentError {
  return new AgentError("identity-unreadable", `The name service (NSS) is unclear: ${what}.`);
}

async function read<T>(place: string, lookUp: () => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await lookUp();
  } catch (cause) {
    if (cause instanceof AgentError) return failed(place, cause);
    const message = `Users can't be looked up: ${messageOf(cause)}.`;
    return failed(place, new AgentError("identity-unreadable", message, { cause }));
  }
}
