import type { BoundedNames } from "../../../../agent/platform/posix/bounded-names.ts";
import type { NamedGroup, NamedUser } from "../../../../agent/platform/posix/name-service.ts";
import type { WinbindNames } from "../../../../agent/platform/posix/name-sources.ts";

/** A user of a directory. */
export interface ClientUser extends NamedUser {
  readonly groups?: readonly NamedGroup[];
  /** The NSS source that names the person, where several could. */
  readonly source?: string;
}

/**
 * A directory's client.
 * @param groups that nobody is listed in
 * @param winbind what winbind says of itself; undefined if it can't be asked
 */
export function clientOf(
  people: readonly ClientUser[],
  groups: readonly NamedGroup[] = [],
  winbind?: WinbindNames,
): BoundedNames {
  const service = {
    userById: (uid: number) => people.find((person) => person.uid === uid),
    userByName: (name: string) => people.find((person) => person.name.toLowerCase() === name.toLowerCase()),
    groupIdsOf: (name: string) => (people.find((person) => person.name === name)?.groups ?? []).map(({ gid }) => gid),
    groupById: (gid: number) =>
      [...people.flatMap((person) => person.groups ?? []), ...groups].find((group) => group.gid === gid) ?? {
        gid,
        name: undefined,
      },
    sourceOf: (uid: number) => people.find((person) => person.uid === uid)?.source,
    winbindNames: () => winbind,
  };
  return {
    async ask(method, ...parameters) {
      return (service[method] as (...parameters: unknown[]) => never)(...parameters);
    },
  };
}
