import { AgentError } from "../errors.ts";
import type { Settings } from "../settings/table.ts";
import { compareNames } from "./fold.ts";
import { matchesPattern } from "./pattern.ts";
import type { Group } from "./sources.ts";
import { maxNameLength } from "./username.ts";

/** One of the user's groups, as `--dry-run` lists it. */
export interface GroupRow extends Pick<Group, "name" | "domain" | "primary"> {
  readonly chosen: boolean;
  /** Why it can't be sent; undefined for a group that can. */
  readonly unfit: string | undefined;
}

export interface GroupChoice {
  /** The group to send; undefined: none. */
  readonly group: string | undefined;
  /** Completes "chosen because …". */
  readonly reason: string;
  /** All groups found, in order of name. */
  readonly rows: readonly GroupRow[];
  readonly warnings: readonly string[];
  /** The group to be sent is known, but not its name. */
  readonly problem: AgentError | undefined;
}

/**
 * Chooses the group to send: the first pattern of `groupPrefer` that matches a domain group wins, of several that it
 * matches the first by name; if none matches, `groupFallback` decides. Local and well-known groups are never sent.
 */
export function chooseGroup(
  groups: readonly Group[],
  { groupPrefer, groupFallback }: Pick<Settings, "groupPrefer" | "groupFallback">,
): GroupChoice {
  const sorted = groups.toSorted((a, b) => compareNames(a.name, b.name) || compareNames(a.systemName, b.systemName));
  const fit = sorted.filter((group) => unfitReason(group) === undefined);
  const { choice, reason } = choose(fit, groupPrefer, groupFallback);
  const wantsPrimary = choice === undefined && groupFallback === "primary";
  const problem = wantsPrimary ? unnamedPrimary(sorted) : undefined;
  const rows = sorted.map((group) => ({
    name: group.name,
    domain: group.domain,
    primary: group.primary,
    chosen: group === choice,
    unfit: unfitReason(group),
  }));
  const warnings = [
    ...lengthWarnings(sorted),
    ...(groupPrefer.length > 0 ? unnamedWarnings(sorted) : []),
    ...(wantsPrimary && problem === undefined && fit.length > 0 ? [noPrimary(fit)] : []),
  ];
  return { group: choice?.name, reason, rows, warnings, problem };
}

function choose(
  fit: readonly Group[],
  patterns: readonly string[],
  fallback: Settings["groupFallback"],
): { choice: Group | undefined; reason: string } {
  for (const pattern of patterns) {
    const matches = (form: (name: string) => string) =>
      fit.find((group) => spellings(group).some((spelling) => matchesPattern(form(pattern), form(spelling))));
    const choice = matches((name) => name) ?? matches(withSpaces);
    if (choice !== undefined) return { choice, reason: `it matches the pattern ${pattern}` };
  }
  const none = patterns.length === 0 ? "groupPrefer is not set" : "no pattern of groupPrefer matches";
  if (fallback === "none") return { choice: undefined, reason: `${none}, and groupFallback is none` };
  const primary = fit.find((group) => group.primary);
  if (primary !== undefined) return { choice: primary, reason: `${none}, and it is the primary domain group` };
  return { choice: undefined, reason: `${none}, and the user has no primary domain group` };
}

/**
 * Clients may replace the space in a group's name by another character, so that scripts see one word: `_` by winbind's
 * `normalize names` and SSSD's `override_space`, `^` by PBIS.
 */
const withSpaces = (name: string): string => name.replace(/[_^]/g, " ");

const isUnnamed = ({ kind, name }: Group): boolean => kind === "domain" && name === "";

function unnamedPrimary(groups: readonly Group[]): AgentError | undefined {
  const primary = groups.find((group) => group.primary && isUnnamed(group));
  if (primary === undefined) return undefined;
  const message = `The user's primary group ${primary.systemName} has no name that this machine knows yet. Check that the directory can be reached.`;
  return new AgentError("identity-unreadable", message);
}

/** Any of them could be one that a pattern prefers to the chosen one. */
function unnamedWarnings(groups: readonly Group[]): string[] {
  const unnamed = groups.filter(isUnnamed).map(({ systemName }) => systemName);
  if (unnamed.length === 0) return [];
  const shown = unnamed.length > 5 ? [...unnamed.slice(0, 5), "…"] : unnamed;
  return [
    `${unnamed.length === 1 ? "a group has" : `${unnamed.length} groups have`} no name that this machine knows (${shown.join(", ")}); if groupPrefer means one of them, another was chosen`,
  ];
}

function noPrimary(fit: readonly Group[]): string {
  const names = fit.slice(0, 3).map(({ name }) => name);
  return `no group is sent: the user's primary group is not a directory group; name one of the others (${names.join(", ")}${fit.length > 3 ? ", …" : ""}) in groupPrefer, or set groupFallback to none`;
}

function unfitReason(group: Group): string | undefined {
  if (group.kind === "local") return "a group of this machine";
  if (group.kind === "well-known") return "a built-in group";
  if (group.name.length > maxNameLength) return `longer than ${maxNameLength} characters`;
  if (group.name === "") return "without a name";
  return undefined;
}

function lengthWarnings(groups: readonly Group[]): string[] {
  return groups
    .filter((group) => group.kind === "domain" && group.name.length > maxNameLength)
    .map(
      (group) => `the group ${group.name.slice(0, 40)}… is longer than ${maxNameLength} characters and can't be sent`,
    );
}

function spellings(group: Group): readonly string[] {
  if (group.domain === undefined) return [group.name, group.systemName];
  return [group.name, group.systemName, `${group.domain}\\${group.name}`, `${group.name}@${group.domain}`];
}
