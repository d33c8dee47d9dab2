import { start } from "../support/agent.ts";
import { type Container, inside } from "./container.ts";

/** The report of `--dry-run --json` about a user on a member. */
export interface DryRun {
  readonly exitCode: number | null;
  readonly outcome: string;
  readonly message: string;
  readonly error: string | undefined;
  readonly username: string | undefined;
  readonly group: string | undefined;
  readonly warnings: readonly string[];
  readonly groups: readonly { readonly name: string; readonly primary: boolean; readonly unfit?: string }[];
}

/** Runs the real program in a container, as root, for the user that the flags or the sessions name. */
export async function dryRun(container: Container, ...flags: readonly string[]): Promise<DryRun> {
  const { ended } = start(["--dry-run", "--json", "--identify", "hwid", ...flags], { within: inside(container) });
  const { exitCode, stdout, stderr } = await ended;
  if (stdout === "") throw new Error(`no document; exit code ${exitCode}\n${stderr}`);
  const { error, outcome, message, username, group, warnings = [], groups = [] } = JSON.parse(stdout);
  return { exitCode, outcome, message, error: error?.code, username, group, warnings, groups };
}

export function user(container: Container, name: string, ...flags: readonly string[]): Promise<DryRun> {
  return dryRun(container, "--user", name, ...flags);
}

/** The names of the groups that could be sent, in order of name. */
export function fitGroups({ groups }: DryRun): string[] {
  return groups.filter(({ unfit }) => unfit === undefined).map(({ name }) => name);
}
