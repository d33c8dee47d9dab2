import type { BoundedNames } from "../../../agent/platform/posix/bounded-names.ts";
import type { NamedGroup, NamedUser, NameService } from "../../../agent/platform/posix/name-service.ts";

/** Open Directory with the given people. */
export function namesOf(
  users: readonly NamedUser[],
  groups: Readonly<Record<string, readonly NamedGroup[]>> = {},
): BoundedNames {
  const service: NameService = {
    userById: (uid) => users.find((user) => user.uid === uid),
    userByName: (name) => users.find((user) => user.name === name),
    groupIdsOf: (name) => (groups[name] ?? []).map(({ gid }) => gid),
    groupById: (gid) =>
      Object.values(groups)
        .flat()
        .find((group) => group.gid === gid) ?? { gid, name: undefined },
    sourceOf: () => undefined,
    winbindNames: () => undefined,
  };
  return {
    ask: async (method, ...parameters) => (service[method] as (...all: typeof parameters) => never)(...parameters),
  };
}
