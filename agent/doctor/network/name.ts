import type { Clock } from "../../clock.ts";
import { describeDuration } from "../../duration.ts";
import { AgentError } from "../../errors.ts";
import { networkFailure } from "../../network/network-failure.ts";
import { bounded } from "../bounded.ts";
import type { Finding } from "../check.ts";
import type { Peer } from "./peer.ts";

type LookUpName = (host: string) => Promise<readonly { readonly address: string }[]>;

/**
 * @param limit milliseconds
 * @throws AgentError `name-not-resolved`
 */
export async function checkName(
  { host, proxy }: Peer,
  lookUp: LookUpName,
  clock: Clock,
  limit: number,
): Promise<Finding> {
  if (/^[\d.]+$|:/.test(host)) return { status: "skip", detail: `${host} is an address, not a name`, value: true };
  const late = (): never => {
    throw new AgentError("name-not-resolved", `The DNS lookup of ${host} timed out after ${describeDuration(limit)}.`);
  };
  const found = await bounded(resolved(host, proxy, lookUp), limit, clock, late);
  const addresses = [...new Set(found.map(({ address }) => address))];
  const shown = addresses.length > 3 ? `${addresses.slice(0, 3).join(", ")}, …` : addresses.join(", ");
  const note = proxy === undefined ? "" : "; the proxy looks up the tenant";
  return { status: "ok", detail: `${host} is ${shown}${note}`, value: true };
}

async function resolved(host: string, proxy: string | undefined, lookUp: LookUpName): ReturnType<LookUpName> {
  try {
    return await lookUp(host);
  } catch (thrown) {
    throw networkFailure(thrown, { stage: "name", party: proxy === undefined ? "tenant" : "proxy", host });
  }
}
