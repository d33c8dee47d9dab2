import type { Account, Group } from "../../port.ts";
import { isWellKnownDomain } from "../../posix/down-level-name.ts";
import type { NamedGroup } from "../../posix/name-service.ts";
import { isThisMachine } from "./classify-account.ts";
import { groupStyleOf, type NameStyle, splitName } from "./directory-name.ts";
import type { LocalFiles, LocalUser } from "./local-files.ts";

/**
 * The groups of one of this machine's own users: from this machine's files alone. The name service would add those of
 * a directory's user of the same name.
 */
export function localGroups(user: LocalUser, files: Pick<LocalFiles, "groups">): readonly Group[] {
  return files.groups
    .filter(({ gid, members }) => gid === user.gid || members.includes(user.name))
    .filter(({ gid }, at, all) => all.findIndex((other) => other.gid === gid) === at)
    .map(({ gid, name }) => ({
      systemName: name,
      name,
      domain: undefined,
      kind: "local",
      primary: gid === user.gid,
    }));
}

/**
 * The groups of a directory's user, as the name service gave them. A group with an uncertain name keeps its number and
 * no name.
 */
export function directoryGroups(
  account: Account,
  primaryGid: number,
  groups: readonly NamedGroup[],
  files: Pick<LocalFiles, "groups">,
  userStyle: NameStyle,
  hostName: string,
): readonly Group[] {
  const style = groupStyleOf(userStyle, account.domain);
  const localGids = new Set(files.groups.map(({ gid }) => gid));
  return groups.map(({ gid, name }) => {
    const primary = gid === primaryGid;
    if (name === undefined || isDamaged(name, style))
      return { systemName: String(gid), name: "", domain: undefined, kind: "domain", primary };
    if (account.kind === "local" || localGids.has(gid)) {
      return { systemName: name, name, domain: undefined, kind: "local", primary };
    }
    const { bare, domain } = splitName(name, style);
    return { systemName: name, name: bare, domain, kind: kindOf(domain, hostName), primary };
  });
}

/** Bytes of a name with its domain that winbind keeps (Samba 4.17, `fstring`); it cuts longer ones silently. */
const maxWinbindName = 255;

/** The name is not the group's own: its bytes are not UTF-8 (U+FFFD replaces them), or its end is cut off. */
function isDamaged(name: string, style: NameStyle): boolean {
  return name.includes("\uFFFD") || (style.kind === "down-level" && Buffer.byteLength(name) >= maxWinbindName);
}

function kindOf(domain: string | undefined, hostName: string): Group["kind"] {
  if (domain === undefined) return "domain";
  if (isWellKnownDomain(domain)) return "well-known";
  return isThisMachine(domain, hostName) ? "local" : "domain";
}
