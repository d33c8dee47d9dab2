import { AgentError } from "../../../errors.ts";
import type { MakeCalls } from "../../native-calls.ts";
import type { Group } from "../../port.ts";
import { lookUpSids, type NamedSid } from "./account-lookups.ts";
import type { TokenFacts } from "./read-tokens.ts";
import { type Sid, type SidAuthorities, sidKind } from "./sids.ts";

/** All groups of a token with their names. @throws AgentError `identity-unreadable` where a domain's can't be named */
export async function groupsOf(
  { groups, primaryGroup }: TokenFacts,
  authorities: SidAuthorities,
  callsFor: (sid: Sid) => MakeCalls,
): Promise<readonly Group[]> {
  const sids = groups.map(({ sid }) => sid);
  const names = new Map<Sid, NamedSid | undefined>();
  for (const makeCalls of new Set(sids.map(callsFor))) {
    const part = sids.filter((sid) => callsFor(sid) === makeCalls);
    const named = await lookUpSids(part, makeCalls);
    part.forEach((sid, index) => {
      names.set(sid, named[index]);
    });
  }
  refuseUnnamed(sids, names, authorities);
  return sids.map((sid) => {
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
 * A domain's group without a name was removed, or no controller of that domain could be asked. The first is certain
 * where another group of the same domain was named; otherwise the wrong group could be chosen for want of the right
 * one. Groups of Entra ID have no names on the machine.
 */
function refuseUnnamed(
  sids: readonly Sid[],
  names: ReadonlyMap<Sid, NamedSid | undefined>,
  authorities: SidAuthorities,
): void {
  const domainOf = (sid: Sid): string => sid.slice(0, sid.lastIndexOf("-"));
  const domainSids = sids.filter((sid) => sidKind(sid, authorities) === "domain");
  const reached = new Set(domainSids.filter((sid) => names.get(sid) !== undefined).map(domainOf));
  const unnamed = domainSids.find((sid) => names.get(sid) === undefined && !reached.has(domainOf(sid)));
  if (unnamed === undefined) return;
  const message = `Windows could not name the group ${unnamed}. Check that a domain controller can be reached.`;
  throw new AgentError("identity-unreadable", message);
}
