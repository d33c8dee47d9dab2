import { foldName } from "../fold.ts";
import { isLocallyAdministered, isMulticast, isVoid, type Mac, parseMac } from "../mac.ts";
import type { Adapter } from "../sources.ts";
import type { Candidate, Listed, PassedOver } from "./candidates.ts";
import { sharedMacReason } from "./shared-macs.ts";

export const detachableAdapter = "USB adapter or dock";

/**
 * Orders the machine's MAC addresses: the physical adapter of the default route first, then other connected ones, then
 * idle ones. After all built-in ones come those that can be unplugged: a dock on a shared desk has one address for
 * everyone there. Addresses made up by software come last, since the vendor's client may never have seen them.
 */
export function rankAdapters(adapters: readonly Adapter[]): Listed {
  const ranked: { readonly candidate: Candidate; readonly order: readonly number[] }[] = [];
  const passedOver: PassedOver[] = [];
  for (const adapter of adapters) {
    const unfit = unfitReason(adapter);
    if (unfit !== undefined) passedOver.push(skipped(adapter, adapter.mac, unfit));
    else {
      for (const address of addressesOf(adapter)) {
        const shared = sharedMacReason(address.mac);
        if (shared !== undefined) passedOver.push(skipped(adapter, address.mac, shared));
        else ranked.push(standing(adapter, address));
      }
    }
  }
  ranked.sort((a, b) => compareOrders(a.order, b.order) || (a.candidate.detail < b.candidate.detail ? -1 : 1));
  const candidates: Candidate[] = [];
  for (const { candidate } of ranked) {
    const { value, detail } = candidate;
    const same = candidates.find((other) => other.value === value);
    if (same === undefined) candidates.push(candidate);
    else if (same.detail !== detail) {
      passedOver.push(skipped({ name: detail }, value, `has the same address as ${same.detail}`));
    }
  }
  return { candidates, passedOver };
}

/** The adapter that the administrator named, by its name or one of its addresses; no candidate if there is none. */
export function namedAdapter(adapters: readonly Adapter[], wanted: string): Listed {
  const mac = parseMac(wanted);
  const named = adapters.find((adapter) =>
    mac === undefined
      ? foldName(adapter.name) === foldName(wanted)
      : addressesOf(adapter).some((one) => one.mac === mac),
  );
  const chosen = mac ?? (named && addressesOf(named)[0]?.mac);
  const passedOver = adapters
    .filter((adapter) => adapter !== named || chosen === undefined)
    .map((adapter) => skipped(adapter, adapter.mac, `the setting interface names ${wanted}`));
  if (named === undefined || chosen === undefined) return { candidates: [], passedOver };
  return { candidates: [candidateOf(named, chosen, "named by the setting interface")], passedOver };
}

const skipped = ({ name }: Pick<Adapter, "name">, value: string | undefined, reason: string): PassedOver => ({
  source: "mac",
  detail: name,
  value,
  reason,
  failed: false,
});

function candidateOf({ name, detachable }: Adapter, value: Mac, reason: string): Candidate {
  return { value, opt: 0, source: "mac", detail: name, ...(detachable && { detachable }), reason };
}

function unfitReason(adapter: Adapter): string | undefined {
  if (adapter.kind === "loopback") return "loopback";
  if (adapter.kind !== "physical") return adapter.kindReason;
  return addressesOf(adapter).length === 0 ? "has no MAC address" : undefined;
}

interface Address {
  readonly mac: Mac;
  readonly note: string | undefined;
  /** The address moves with the adapter from machine to machine. */
  readonly shared: boolean;
}

function addressesOf({ mac, permanentMac, addressAssigned, detachable = false }: Adapter): Address[] {
  const usable = (one: Mac | undefined): one is Mac => one !== undefined && !isVoid(one) && !isMulticast(one);
  // Many laptops give docks their own address (MAC address pass-through), which stays with the laptop.
  const passedThrough = addressAssigned === "passed-through" || (detachable && addressAssigned === "set");
  if (!usable(permanentMac) || permanentMac === mac) {
    if (!usable(mac)) return [];
    // Some drivers keep such an address as the adapter's permanent one.
    return addressAssigned === "passed-through"
      ? [{ mac, note: passThroughNote, shared: false }]
      : [{ mac, note: undefined, shared: detachable }];
  }
  const burntIn = { mac: permanentMac, note: "permanent address", shared: detachable };
  const set = passedThrough ? passThroughNote : "set by software";
  const how = addressAssigned === "random" ? "chosen at random" : set;
  return usable(mac) ? [burntIn, { mac, note: how, shared: false }] : [burntIn];
}

const passThroughNote = "passed through by this machine";

function standing(adapter: Adapter, { mac, note, shared }: Address) {
  const madeUp = isLocallyAdministered(mac);
  const kind = adapter.detachable ? detachableAdapter : "physical";
  const route = adapter.defaultRoute;
  const connection =
    route !== undefined ? `${kind}, carries the default route` : adapter.up ? `${kind}, connected` : `${kind}, idle`;
  const order = [madeUp ? 1 : 0, shared ? 1 : 0, route === undefined ? 1 : 0, route ?? 0, adapter.up ? 0 : 1];
  const parts = [connection, madeUp ? "a locally administered address" : undefined, note];
  const reason = parts.filter((part) => part !== undefined).join("; ");
  return { candidate: candidateOf(adapter, mac, reason), order };
}

function compareOrders(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
