import { foldName } from "../../identity/fold.ts";

/** A name of a directory's user or group, and its domain, if it precedes or follows the name. */
export interface DirectoryName {
  readonly bare: string;
  readonly domain: string | undefined;
}

/** Splits `CORP\alice` at the first separator; a name without a domain, or with nothing but one, stays whole. */
export function splitDownLevel(name: string, separator = "\\"): DirectoryName {
  const at = name.indexOf(separator);
  return at > 0 && at < name.length - 1
    ? { bare: name.slice(at + 1), domain: name.slice(0, at) }
    : { bare: name, domain: undefined };
}

/** Domains of Windows' built-in groups and identities, [MS-DTYP] 2.4.2.4. */
const wellKnownDomains: ReadonlySet<string> = new Set(
  ["BUILTIN", "NT AUTHORITY", "NT SERVICE", "Well-Known Security", "Window Manager"].map(foldName),
);

/** Whether groups of a domain are Windows' own rather than an organisation's. */
export const isWellKnownDomain = (domain: string): boolean => wellKnownDomains.has(foldName(domain));
