import { AgentError } from "../../../errors.ts";
import type { Group } from "../../port.ts";
import { type NamedSid, nameUse } from "./look-up-sids.ts";
import type { TokenFacts } from "./read-tokens.ts";
import { type Sid, type SidAuthorities, sidKind } from "./sids.ts";

/** Only the groups among a token's SIDs: an old SID may now name the user or a computer. */
const groupUses: readonly number[] = [nameUse.SidTypeGroup, nameUse.SidTypeAlias, nameUse.SidTypeWellKnownGroup];

/**
 * All groups of a token with their names.
 * @param lookUp gives the names of SIDs; undefined for one that Windows can't name
 * @throws AgentError `identity-unreadable` if none of a domain's can be named
 */
export async function groupsOf(
  { groups, primaryGroup }: TokenFacts,
  authorities: SidAuthorities,
  lookUp: (sids: readonly Sid[]) => Promise<ReadonlyMap<Sid, NamedSid | undefined>>,
): Promise<readonly Group[]> {
  const sids = groups.map(({ sid }) => sid);
  const names = await lookUp(sids);
  refuseUnnamed(sids, names, authorities);
  return sids
    .filter((sid) => {
      const named = names.get(sid);
      return named === undefined || groupUses.includes(named.use);
    })
    .map((sid) => {
      const named = names.get(sid);
      const kind = sidKind(sid, authorities);
      const domain = named?.domain || undefined;
      return {
        systemName: named === undefined ? sid : domain === undefined ? named.name : `${domain}\\${named.name}`,
        name: named?.name ?? "",
        domain,
        kind: kind === "entra" ? "domain" : kind,
        primary: sid === primaryGroup,
      };
    });
}

/**
 * A group without a name was removed, or its domain is gone, or no controller could be asked. If any domain SID has a
 * name, a controller answered; SIDs that it does not know stay groups without names, which are never sent and give a
 * warning if a pattern might match them. Groups of Entra ID have no names on the machine.
 */
function refuseUnnamed(
  sids: readonly Sid[],
  names: ReadonlyMap<Sid, NamedSid | undefined>,
  authorities: SidAuthorities,
): void {
  const domainSids = sids.filter((sid) => sidKind(sid, authorities) === "domain");
  const [first] = domainSids;
  if (first === undefined || domainSids.some((sid) => names.get(sid) !== undefined)) return;
  const message = `Windows could not name the group ${first}. Check that a domain controller can be reached.`;
  throw new AgentError("identity-unreadable", message);
}
