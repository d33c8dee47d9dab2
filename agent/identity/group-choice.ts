import type { Settings } from "../settings/table.ts";
import { compareNames } from "./fold.ts";
import { matchesPattern } from "./pattern.ts";
import type { Group } from "./sources.ts";
import { longestName } from "./username.ts";

/** One of the user's groups, as `--dry-run` lists it. */
export interface GroupRow {
  readonly name: string;
  readonly domain: string | undefined;
  readonly primary: boolean;
  readonly chosen: boolean;
  /** Why it can't be sent; undefined for a group that can. */
  readonly unfit: string | undefined;
}

/** The group that is sent, and why that one. */
export interface GroupChoice {
  /** What is sent; undefined to send no group. */
  readonly group: string | undefined;
  /** Completes "chosen because …". */
  readonly reason: string;
  /** All groups found, in order of name. */
  readonly rows: readonly GroupRow[];
  readonly warnings: readonly string[];
}

/**
 * Chooses the group to send: the first pattern of `groupPrefer` that matches a domain group wins, among several that it
 * matches the first by name; where none matches, `groupFallback` says. Local and well-known groups are never sent.
 */
export function chooseGroup(
  groups: readonly Group[],
  { groupPrefer, groupFallback }: Pick<Settings, "groupPrefer" | "groupFallback">,
): GroupChoice {
  const sorted = groups.toSorted((a, b) => compareNames(a.name, b.name) || compareNames(a.systemName, b.systemName));
  const { choice, reason } = choose(
    sorted.filter((group) => unfitReason(group) === undefined),
    groupPrefer,
    groupFallback,
  );
  const rows = sorted.map((group) => ({
    name: group.name,
    domain: group.domain,
    primary: group.primary,
    chosen: group === choice,
    unfit: unfitReason(group),
  }));
  return { group: choice?.name, reason, rows, warnings: lengthWarnings(sorted) };
}

function choose(
  fit: readonly Group[],
  patterns: readonly string[],
  fallback: Settings["groupFallback"],
): { choice: Group | undefined; reason: string } {
  for (const pattern of patterns) {
    const choice = fit.find((group) => spellings(group).some((spelling) => matchesPattern(pattern, spelling)));
    if (choice !== undefined) return { choice, reason: `it matches the pattern ${pattern}` };
  }
  const none = patterns.length === 0 ? "groupPrefer is not set" : "no pattern of groupPrefer matches";
  if (fallback === "none") return { choice: undefined, reason: `${none}, and groupFallback is none` };
  const primary = fit.find((group) => group.primary);
  if (primary !== undefined) return { choice: primary, reason: `${none}, and it is the primary domain group` };
  return { choice: undefined, reason: `${none}, and the user has no primary domain group` };
}

function unfitReason(group: Group): string | undefined {
  if (group.kind === "local") return "a group of this machine";
  if (group.kind === "well-known") return "a built-in group";
  if (group.name.length > longestName) return `longer than ${longestName} characters`;
  if (group.name === "") return "without a name";
  return undefined;
}

function lengthWarnings(groups: readonly Group[]): string[] {
  return groups
    .filter((group) => group.kind === "domain" && group.name.length > longestName)
    .map((group) => `the group ${group.name.slice(0, 40)}… is longer than ${longestName} characters and can't be sent`);
}

function spellings(group: Group): readonly string[] {
  if (group.domain === undefined) return [group.name, group.systemName];
  return [group.name, group.systemName, `${group.domain}\\${group.name}`, `${group.name}@${group.domain}`];
}
