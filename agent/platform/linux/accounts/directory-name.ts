import { foldName } from "../../../identity/fold.ts";
import { type DirectoryName, isWellKnownDomain, splitDownLevel } from "../../posix/down-level-name.ts";
import type { WinbindNames } from "../../posix/name-sources.ts";

/**
 * How the NSS source that names a user writes names. The same text means different things: `alice@corp.example` is a
 * user of a domain in SSSD, a user principal name in Entra ID's clients, and the whole name where an LDAP directory
 * names people by their mail addresses.
 */
export type NameStyle =
  /** `CORP\alice`; `domain` is the only domain that is split off if the separator may be part of names. */
  | { readonly kind: "down-level"; readonly separator: string; readonly domain?: string }
  /** `alice@ad.corp.example`, or `alice@LDAP` where sssd.conf names its domain so. */
  | { readonly kind: "at" }
  | { readonly kind: "principal" }
  | { readonly kind: "whole" };

/** Clients of Entra ID: their names are user principal names. */
const entraSources: ReadonlySet<string> = new Set(["himmelblau", "authd", "aad"]);
/** Clients that put a domain's DNS name behind an `@`. */
const atSources: ReadonlySet<string> = new Set(["sss", "kanidm"]);

/** Characters that no SAM account name has ([MS-SAMR] 3.1.1.6), so that one can only be a separator. */
const neverInNames = /["/[\]:;|=,+*?<>\\]/;

/**
 * The style of the source that names a user. A backslash in a user's name always separates the domain.
 * @param winbind how winbind writes names, if it is the source and could be asked; asked only where it matters
 * @returns undefined if winbind's separator has to be known and isn't
 */
export function styleOf(
  userName: string,
  source: string | undefined,
  winbind: WinbindNames | undefined,
): NameStyle | undefined {
  if (userName.includes("\\")) return { kind: "down-level", separator: "\\" };
  if (source === "winbind") {
    if (winbind === undefined) return neverInNames.test(userName) ? undefined : { kind: "down-level", separator: "\\" };
    const { separator, domain } = winbind;
    return { kind: "down-level", separator, ...(neverInNames.test(separator) ? {} : { domain }) };
  }
  if (source === undefined) return { kind: "whole" };
  if (entraSources.has(source)) return { kind: "principal" };
  return { kind: atSources.has(source) ? "at" : "whole" };
}

/**
 * The style of the groups of a user. If SSSD leaves the domain out of user names, an `@` in a group's name may belong
 * to the name or precede a trusted domain, so the name stays whole: half of it could be another group's name.
 */
export function groupStyleOf(style: NameStyle, userDomain: string | undefined): NameStyle {
  return style.kind === "at" && userDomain === undefined ? { kind: "whole" } : style;
}

/** Splits the domain off; a name without a domain, or only a domain, stays whole. */
export function splitName(name: string, style: NameStyle): DirectoryName {
  if (style.kind === "down-level") {
    const split = splitDownLevel(name, style.separator);
    if (style.domain === undefined || split.domain === undefined) return split;
    const known = isWellKnownDomain(split.domain) || foldName(split.domain) === foldName(style.domain);
    return known ? split : splitAfter(name, style.domain, style.separator);
  }
  if (style.kind !== "at") return { bare: name, domain: undefined };
  const at = name.lastIndexOf("@");
  const domain = name.slice(at + 1);
  return at > 0 && /^[^\s@\\]+$/.test(domain) ? { bare: name.slice(0, at), domain } : { bare: name, domain: undefined };
}

/** A domain's name may have the separator in it: `CORP_EU_alice`. */
function splitAfter(name: string, domain: string, separator: string): DirectoryName {
  const start = `${domain}${separator}`;
  if (domain === "" || !foldName(name).startsWith(foldName(start)) || name.length === start.length) {
    return { bare: name, domain: undefined };
  }
  return { bare: name.slice(start.length), domain: name.slice(0, domain.length) };
}
