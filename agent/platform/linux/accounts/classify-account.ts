import { foldName } from "../../../identity/fold.ts";
import type { Account } from "../../port.ts";
import type { NamedUser } from "../../posix/name-service.ts";
import { type NameStyle, splitName } from "./directory-name.ts";
import type { LocalFiles, LocalUser } from "./local-files.ts";

/** nobody(5), and users of a container that its host did not map. */
export const nobody = 65_534;

/** The first user ID of people on Red Hat and its derivatives until 2011; hosts upgraded since then still have it. */
const oldFirstPersonUid = 500;
/** useradd(8) numbers service accounts from UID_MIN downwards: the last ones are not taken for people. */
const newServiceUids = 100;

/**
 * Whether passwd describes a service's account. A number below UID_MIN is no proof: people numbered when UID_MIN was
 * lower have a usual home folder and a log-on shell.
 */
export function isServiceLine({ uid, home, shell }: LocalUser, firstPersonUid: number): boolean {
  if (uid === 0) return false;
  if (uid === nobody) return true;
  if (uid >= firstPersonUid) return false;
  const numberedLongAgo = uid >= oldFirstPersonUid && uid < firstPersonUid - newServiceUids;
  const describesPerson = /^\/(?:export\/)?home\/./.test(home) && !/\/(?:nologin|false|true|sync)$/.test(shell);
  return !(numberedLongAgo && describesPerson);
}

/** A user that this machine keeps itself. Its name may contain anything, even text that looks like a domain. */
export function localAccount(user: LocalUser, { firstPersonUid }: Pick<LocalFiles, "firstPersonUid">): Account {
  return ownAccount(user, isServiceLine(user, firstPersonUid) ? "system" : "local");
}

/** An account of this machine alone. */
export function ownAccount({ name, uid }: Pick<NamedUser, "name" | "uid">, kind: "system" | "local"): Account {
  return { userKey: String(uid), systemName: name, sam: name, domain: undefined, upn: undefined, kind };
}

/**
 * A user that a directory names.
 * @param hostName of this machine, which Samba uses as the domain of its own accounts
 */
export function directoryAccount(user: NamedUser, style: NameStyle, hostName: string): Account {
  if (style.kind === "principal") return principalAccount(user);
  const { bare, domain } = splitName(user.name, style);
  if (domain !== undefined && isThisMachine(domain, hostName)) return { ...ownAccount(user, "local"), sam: bare };
  return { ...ownAccount(user, "local"), sam: bare, domain, kind: "domain" };
}

/** Entra ID's clients can be configured to omit the domain; then no UPN is known. */
function principalAccount(user: NamedUser): Account {
  const { bare, domain } = splitName(user.name, { kind: "at" });
  const upn = domain === undefined ? undefined : user.name;
  return { ...ownAccount(user, "local"), sam: bare, domain, upn, kind: "entra" };
}

/** A NetBIOS name is the host name's first label, cut to 15 characters ([MS-NBTE] 1.8). */
export function isThisMachine(domain: string, hostName: string): boolean {
  const netBios = (hostName.split(".")[0] ?? "").slice(0, 15);
  return netBios !== "" && foldName(domain) === foldName(netBios);
}
