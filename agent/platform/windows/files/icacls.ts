import { administratorsSid, systemSid, usersSid } from "../accounts/sids.ts";

/** SIDs in icacls' form, because names differ by language. */
const system = `*${systemSid}`;
const administrators = `*${administratorsSid}`;
const users = `*${usersSid}`;

/** Restricts a file to administrators by three commands, each for cmd and for PowerShell. */
export function sealFile(path: string): readonly string[] {
  return commands(path, `"${administrators}"`, `"${system}:F" "${administrators}:F"`);
}

/** Leaves a file to administrators, for all to read: one line for cmd. */
export function restrictFile(path: string): string {
  return commands(path, administrators, `${system}:F ${administrators}:F ${users}:R`).join(" && ");
}

/**
 * Restricts a folder to administrators, with listing for all, as `install` does: one line for cmd. Files in it belong
 * to administrators, unless they have their own list.
 */
export function restrictFolder(path: string): string {
  const rights = `${system}:(OI)(CI)F ${administrators}:(OI)(CI)F ${users}:RX`;
  return commands(path, administrators, rights).join(" && ");
}

const commands = (path: string, owner: string, rights: string): readonly string[] =>
  [`/setowner ${owner}`, "/reset", `/inheritance:r /grant:r ${rights}`].map((step) => `icacls "${path}" ${step}`);
