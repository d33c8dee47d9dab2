/**
 * Commands for a command prompt that leave a file or folder to administrators, by SIDs, as names differ by language:
 * SYSTEM, Administrators, Users.
 */
const system = "*S-1-5-18";
const administrators = "*S-1-5-32-544";
const users = "*S-1-5-32-545";

/** For all to read. */
export function restrictFile(path: string): string {
  return restrict(path, `${system}:F ${administrators}:F ${users}:R`);
}

/** For all to list, as `install` makes it; what is in it is the administrators', unless it has a list of its own. */
export function restrictFolder(path: string): string {
  return restrict(path, `${system}:(OI)(CI)F ${administrators}:(OI)(CI)F ${users}:RX`);
}

function restrict(path: string, rights: string): string {
  const steps = [`/setowner ${administrators}`, "/reset", `/inheritance:r /grant:r ${rights}`];
  return steps.map((step) => `icacls "${path}" ${step}`).join(" && ");
}
