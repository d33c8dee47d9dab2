import { AgentError } from "../../../errors.ts";
import { absent, found, identityReading, type Reading } from "../../../reading.ts";
import { constants } from "../../native-layout.ts";
import type { Account, Platform } from "../../port.ts";
import type { BoundedNames } from "../../posix/bounded-names.ts";
import { groupsById } from "../../posix/group-names.ts";
import type { NamedGroup, NamedUser } from "../../posix/name-service.ts";
import type { RunTool } from "../tools.ts";
import { accountOf, classifyGroups, isApplesOwn } from "./classify-account.ts";
import {
  type DirectoryRecord,
  parseDirectoryRecord,
  parseGroupIds,
  parseSearch,
  recordAttributes,
} from "./directory-record.ts";

const origin = "Open Directory";
/** No user. */
const { "(uid_t)-1": noUid } = constants("sys/types.h", { "(uid_t)-1": 0xffff_ffff });

/**
 * Users and groups: names and numbers from libSystem, whose they are from dscl(1).
 * @param pause see {@link groupsById}
 */
export function createDirectory(
  names: BoundedNames,
  run: RunTool,
  pause: (attempt: number) => Promise<boolean>,
): Pick<Platform, "account" | "accountByName" | "groups"> {
  return {
    account: (userKey) =>
      read(async () => {
        const uid = Number(userKey);
        if (!/^\d{1,10}$/.test(userKey) || uid >= noUid) return absent(origin, `${userKey} is no user ID`);
        const user = await names.ask("userById", uid);
        if (user === undefined) return absent(origin, `no account has the user ID ${uid}`);
        if (user.uid !== uid) throw inconsistent(`a look-up of user ID ${uid} returned user ID ${user.uid}`);
        const again = await names.ask("userByName", user.name);
        if (again?.uid !== uid)
          throw inconsistent(
            `user ID ${uid} has the name ${user.name}, but that name has the user ID ${again?.uid ?? "none"}`,
          );
        return found(accountOf(user, readRecord(user, run)), origin);
      }),

    accountByName: (name) =>
      read(async () => {
        if (!/^[^\0/]{1,1024}$/s.test(name)) return absent(origin, "no account can have this name");
        const user = await names.ask("userByName", name);
        if (user === undefined) return absent(origin, "no account has this name");
        return found(accountOf(user, readRecord(user, run)), origin);
      }),

    groups: (account) =>
      read(async () => {
        const uid = Number(account.userKey);
        const user = await names.ask("userById", uid);
        if (user === undefined) return absent(origin, `no account has the user ID ${uid} any more`);
        if (user.name !== account.systemName) throw inconsistent(`${account.systemName} is now called ${user.name}`);
        const groups = await allGroups(user, names, pause);
        if (account.kind !== "domain") return found(classifyGroups(account, user.gid, groups, new Set()), origin);
        const localGids = parseGroupIds(run("dscl", "/Local/Default", "-list", "/Groups", "PrimaryGroupID"));
        if (localGids.size === 0) throw inconsistent("dscl lists no group of this Mac");
        const rows = classifyGroups(account, user.gid, groups, localGids);
        if (rows.some(({ kind, name }) => kind === "domain" && name !== "")) return found(rows, origin);
        throw noGroupsYet(account);
      }),
  };
}

/** The primary group is listed only if a directory lists it, too. */
async function allGroups(
  user: NamedUser,
  names: BoundedNames,
  pause: (attempt: number) => Promise<boolean>,
): Promise<readonly NamedGroup[]> {
  const listed = await names.ask("groupIdsOf", user.name);
  return await groupsById(names, [...new Set([...listed, user.gid])], pause);
}

const localRecord = (uid: number): DirectoryRecord => ({
  uid,
  location: "/Local/Default",
  originalNode: undefined,
  ntDomain: undefined,
  upn: undefined,
});

/** @throws AgentError if the record's owner is unknown */
function readRecord(user: NamedUser, run: RunTool): DirectoryRecord {
  if (isApplesOwn(user)) return localRecord(user.uid);
  // A slash would lead dscl to another record, U+FFFD replaces bytes that are not UTF-8.
  if (!/^[^/\p{Cc}\uFFFD]+$/u.test(user.name)) throw inconsistent(`the user ID ${user.uid} has no readable name`);
  const record = parseDirectoryRecord(run("dscl", "/Search", "-read", `/Users/${user.name}`, ...recordAttributes));
  if (record?.uid !== user.uid) throw inconsistent(`dscl has no record of ${user.name} with user ID ${user.uid}`);
  const twins = parseSearch(run("dscl", "/Search", "-search", "/Users", "UniqueID", String(user.uid)));
  const twin = twins.find((name) => name !== user.name);
  if (twin !== undefined) throw inconsistent(`${user.name} and ${twin} both have the user ID ${user.uid}`);
  return record;
}

/** Away from the directory, its groups may be unknown or have no names: the right one could be among them. */
function noGroupsYet({ systemName }: Account): AgentError {
  const message = `Open Directory returned no directory group of ${systemName}: the directory may be unreachable. Check: id ${systemName}`;
  return new AgentError("identity-unreadable", message);
}

function inconsistent(what: string): AgentError {
  return new AgentError("identity-unreadable", `Open Directory returned inconsistent data: ${what}.`);
}

const read = <T>(lookUp: () => Promise<Reading<T>>): Promise<Reading<T>> =>
  identityReading(origin, "Users can't be looked up", lookUp);
