import { constants } from "../../native-layout.ts";
import type { Account, Group } from "../../port.ts";
import { isWellKnownDomain, splitDownLevel } from "../../posix/down-level-name.ts";
import type { NamedGroup, NamedUser } from "../../posix/name-service.ts";
import type { DirectoryRecord } from "./directory-record.ts";

/** Users below 500 are the system's own or hidden management accounts (loginwindow's Hide500Users). */
const firstPersonUid = 500;
const { "(uid_t)-2": nobody } = constants("sys/types.h", { "(uid_t)-2": 0xffff_fffe });

/**
 * User IDs of services and of the system itself, for local accounts only: a directory may give people such numbers.
 * Root is an account that the settings exclude.
 */
export const isSystemUid = (uid: number): boolean => (uid !== 0 && uid < firstPersonUid) || uid === nobody;

/** Whether macOS itself made the account: its services' names begin with an underscore, a directory is not asked. */
export const isApplesOwn = ({ uid, name }: Pick<NamedUser, "uid" | "name">): boolean =>
  uid === 0 || uid === nobody || (isSystemUid(uid) && name.startsWith("_"));

/** An account as its directory record describes it. */
export function accountOf({ uid, name }: NamedUser, record: DirectoryRecord): Account {
  const userKey = String(uid);
  const node = directoryNode(record);
  if (node === undefined) {
    const kind = isSystemUid(uid) ? "system" : "local";
    return { userKey, systemName: name, sam: name, domain: undefined, upn: undefined, kind };
  }
  // With the name space `forest` names have their domain in front (dsconfigad(8) -namespace); groups always may.
  const { bare, domain } = splitDownLevel(name);
  return {
    userKey,
    systemName: name,
    sam: bare,
    domain: domain ?? record.ntDomain ?? domainOfNode(node),
    upn: record.upn,
    kind: "domain",
  };
}

/**
 * The directory that an account comes from; undefined for one of this Mac alone. A mobile account is in the local node
 * and names the node of its origin.
 */
function directoryNode({ location, originalNode }: DirectoryRecord): string | undefined {
  if (originalNode !== undefined) return originalNode;
  return location.startsWith("/Local/") ? undefined : location;
}

/**
 * `/Active Directory/CORP/corp.example.com`; `All Domains` leaves open in which domain of the forest the account is.
 */
function domainOfNode(node: string): string | undefined {
  const [, kind, , domain] = node.split("/");
  return kind === "Active Directory" && domain !== "All Domains" ? domain : undefined;
}

/**
 * @param localGids of the groups that this Mac keeps itself
 * @param primaryGid the account's own
 */
export function classifyGroups(
  account: Account,
  primaryGid: number,
  groups: readonly NamedGroup[],
  localGids: ReadonlySet<number>,
): readonly Group[] {
  return groups.map(({ gid, name }) => {
    const primary = gid === primaryGid;
    if (account.kind !== "domain" || localGids.has(gid)) {
      return { systemName: name ?? String(gid), name: name ?? "", domain: undefined, kind: "local", primary };
    }
    // U+FFFD replaces bytes of the name that are not UTF-8.
    if (name === undefined || name.includes("\uFFFD")) {
      return { systemName: String(gid), name: "", domain: undefined, kind: "domain", primary };
    }
    const { bare, domain } = splitDownLevel(name);
    const kind = domain !== undefined && isWellKnownDomain(domain) ? "well-known" : "domain";
    return { systemName: name, name: bare, domain, kind, primary };
  });
}
