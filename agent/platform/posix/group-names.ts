import { setTimeout as wait } from "node:timers/promises";
import type { BoundedNames } from "./bounded-names.ts";
import type { NamedGroup } from "./name-service.ts";

/**
 * The names of groups, each asked for separately, so that the limit for one answer grows with their number. A client
 * whose directory is slow lists groups before it knows their names: these are looked up again until `pause` ends it;
 * the rest stays without names.
 */
export async function groupsById(
  names: BoundedNames,
  gids: readonly number[],
  pause: (attempt: number) => Promise<boolean>,
): Promise<readonly NamedGroup[]> {
  const groups: NamedGroup[] = [];
  for (const gid of gids) groups.push(await names.ask("groupById", gid));
  for (let attempt = 0; groups.some(isUnnamed) && (await pause(attempt)); attempt += 1) {
    for (const [at, group] of groups.entries()) {
      if (isUnnamed(group)) groups[at] = await names.ask("groupById", group.gid);
    }
  }
  return groups;
}

const isUnnamed = ({ name }: NamedGroup): boolean => name === undefined;

/** Milliseconds; together less than a person waits for one check of `doctor`. */
const pauses = [1000, 2000, 5000];

/** Waits before names are looked up again. Once the time for that is over, returns false without waiting. */
export async function pauseForNames(attempt: number): Promise<boolean> {
  const pause = pauses[attempt];
  if (pause === undefined) return false;
  await wait(pause);
  return true;
}
