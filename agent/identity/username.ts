import type { Settings } from "../settings/table.ts";
import type { Account } from "./sources.ts";

/** The API takes 1 to 256 characters for a user's and a group's name; counted in UTF-16 units, the stricter reading. */
export const maxNameLength = 256;

/** A name to send, or the error for one that the API would refuse. */
export type Username =
  | { readonly kind: "valid"; readonly username: string; readonly warnings: readonly string[] }
  /** `reason` completes "the user name …". */
  | { readonly kind: "unfit"; readonly username: string; readonly reason: string };

/**
 * The name under which a user is linked. If an account lacks the wanted form, its SAM name is sent, with a warning. An
 * Entra ID account always gives its UPN: its SAM name is made up by the machine that it first logged on to.
 */
export function usernameOf(account: Account, format: Settings["usernameFormat"]): Username {
  const { username, warnings } = spelled(account, format);
  if (username === "") return { kind: "unfit", username, reason: `of ${account.systemName} is empty` };
  if (username.length <= maxNameLength) return { kind: "valid", username, warnings };
  return { kind: "unfit", username, reason: `${username.slice(0, 40)}… is longer than ${maxNameLength} characters` };
}

export function sendsPrincipalName({ kind }: Pick<Account, "kind">, format: Settings["usernameFormat"]): boolean {
  return kind === "entra" || (format === "upn" && kind !== "local");
}

function spelled(account: Account, format: Settings["usernameFormat"]): { username: string; warnings: string[] } {
  const wanted = account.kind === "entra" ? "upn" : format;
  if (wanted === "upn") {
    if (account.upn !== undefined) return { username: account.upn, warnings: [] };
    return samInstead(account, "has no UPN that this machine knows");
  }
  if (wanted === "down-level") {
    if (account.domain !== undefined) return { username: `${account.domain}\\${account.sam}`, warnings: [] };
    return samInstead(account, "belongs to no domain");
  }
  return { username: account.sam, warnings: [] };
}

function samInstead(account: Account, why: string): { username: string; warnings: string[] } {
  return { username: account.sam, warnings: [`${account.systemName} ${why}; its SAM account name is sent instead`] };
}

/** All spellings of an account's name that `excludeUsers` accepts. */
export function spellingsOf(account: Account): readonly string[] {
  const spellings = [account.sam, account.systemName];
  if (account.domain !== undefined) {
    spellings.push(`${account.domain}\\${account.sam}`, `${account.sam}@${account.domain}`);
  }
  if (account.upn !== undefined) spellings.push(account.upn);
  return spellings;
}
