import { type DirectoryName, splitDownLevel } from "../../posix/down-level-name.ts";

/** How a directory's client writes names: winbind `CORP\alice`, SSSD `alice@ad.corp.test`, or without any domain. */
export type NameStyle = "down-level" | "at" | "bare";

/**
 * The style of the client that gave a user's name. A backslash is no part of a SAM account name ([MS-SAMR] 3.1.1.6), so
 * one in a user's name separates the domain.
 */
export function styleOf(userName: string, directorySources: readonly string[]): NameStyle {
  if (userName.includes("\\")) return "down-level";
  return directorySources.includes("winbind") && !directorySources.includes("sss") ? "down-level" : "at";
}

/**
 * The style of the groups of a user. Where SSSD leaves the domain out of the user's name, an `@` in a group's name may
 * be the name's own as well as a trusted domain's, so such a name stays whole: half of it could be another group's.
 */
export function groupStyleOf(
  userName: string,
  userDomain: string | undefined,
  directorySources: readonly string[],
): NameStyle {
  const style = styleOf(userName, directorySources);
  return style === "at" && userDomain === undefined ? "bare" : style;
}

/** Splits the domain off; a name without one, or with nothing but one, stays whole. */
export function splitName(name: string, style: NameStyle): DirectoryName {
  if (style === "down-level") return splitDownLevel(name);
  if (style === "bare") return { bare: name, domain: undefined };
  const at = name.lastIndexOf("@");
  const domain = name.slice(at + 1);
  return at > 0 && /^[^\s@\\]+\.[^\s@\\]+$/.test(domain)
    ? { bare: name.slice(0, at), domain }
    : { bare: name, domain: undefined };
}
