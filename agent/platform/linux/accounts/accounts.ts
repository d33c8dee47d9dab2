import { foldName } from "../../../identity/fold.ts";
import type { Account } from "../../port.ts";
import type { NamedUser } from "../../posix/name-service.ts";
import { splitName, styleOf } from "./directory-name.ts";
import type { LocalFiles, LocalUser } from "./local-files.ts";

/** Uids that systemd hands out to services for the time of their run (systemd.exec(5) DynamicUser=). */
export const isDynamicUid = (uid: number): boolean => uid >= 61_184 && uid <= 65_519;

/** Uids of systemd-homed's users, who belong to this machine without being in passwd (https://systemd.io/UIDS-GIDS). */
export const isHomedUid = (uid: number): boolean => uid >= 60_001 && uid <= 60_513;

/** nobody(5), and users of a container that its host did not map. */
const nobody = 65_534;

/** Uids of services and of the system itself; root is an account that the settings exclude. */
export function isSystemUid(uid: number, firstPersonUid: number): boolean {
  return (uid !== 0 && uid < firstPersonUid) || isDynamicUid(uid) || uid === nobody;
}

/** A user that this machine keeps itself. Its name may hold anything, also what looks like a domain. */
export function localAccount(
  { name, uid }: LocalUser,
  { firstPersonUid }: Pick<LocalFiles, "firstPersonUid">,
): Account {
  const kind = isSystemUid(uid, firstPersonUid) ? "system" : "local";
  return { userKey: String(uid), systemName: name, sam: name, domain: undefined, upn: undefined, kind };
}

/**
 * A user that is in none of this machine's files.
 * @param directorySources the NSS sources that ask a directory
 * @param hostName of this machine, which Samba uses as the domain of its own accounts
 */
export function otherAccount(user: NamedUser, directorySources: readonly string[], hostName: string): Account {
  const { uid, name } = user;
  const own = { userKey: String(uid), systemName: name, sam: name, domain: undefined, upn: undefined };
  if (isDynamicUid(uid) || uid === nobody) return { ...own, kind: "system" };
  if (isHomedUid(uid) || directorySources.length === 0) return { ...own, kind: "local" };
  const { bare, domain } = splitName(name, styleOf(name, directorySources));
  if (domain !== undefined && isThisMachine(domain, hostName)) return { ...own, sam: bare, kind: "local" };
  return { ...own, sam: bare, domain, kind: "domain" };
}

/** A NetBIOS name is the host name's first label, cut to 15 characters ([MS-NBTE] 1.8). */
export function isThisMachine(domain: string, hostName: string): boolean {
  const netBios = (hostName.split(".")[0] ?? "").slice(0, 15);
  return netBios !== "" && foldName(domain) === foldName(netBios);
}
