import { foldName } from "../fold.ts";
import { isLocallyAdministered, isMulticast, isVoid, type Mac, parseMac } from "../mac.ts";
import type { Adapter } from "../sources.ts";
import { sharedMacReason } from "./shared-macs.ts";

export interface RankedMac {
  readonly mac: Mac;
  readonly adapter: string;
  /** The adapter can be unplugged. */
  readonly detachable: boolean;
  /** The reason for its place in the order, for people. */
  readonly reason: string;
}

export interface AdapterRanking {
  /** The addresses that the server most likely knows come first. */
  readonly macs: readonly RankedMac[];
  readonly passedOver: readonly { readonly adapter: string; readonly mac: Mac | undefined; readonly reason: string }[];
}

/** The name for an adapter that can be unplugged. */
export const detachableAdapter = "USB adapter or dock";

/**
 * Orders the machine's MAC addresses: the physical adapter of the default route first, then other connected ones, then
 * idle ones. After all built-in ones come those that can be unplugged: a dock on a shared desk has one address for
 * everyone there. Addresses made up by software come last, since the vendor's client may never have seen them.
 */
export function rankAdapters(adapters: readonly Adapter[]): AdapterRanking {
  const ranked: (RankedMac & { readonly order: readonly number[] })[] = [];
  const passedOver: { adapter: string; mac: Mac | undefined; reason: string }[] = [];
  for (const adapter of adapters) {
    const unfit = unfitReason(adapter);
    if (unfit !== undefined) {
      passedOver.push({ adapter: adapter.name, mac: adapter.mac, reason: unfit });
      continue;
    }
    for (const address of addressesOf(adapter)) {
      const shared = sharedMacReason(address.mac);
      if (shared !== undefined) {
        passedOver.push({ adapter: adapter.name, mac: address.mac, reason: shared });
        continue;
      }
      const { order, reason } = standing(adapter, address);
      const { mac, note } = address;
      const { name, detachable = false } = adapter;
      const why = note === undefined ? reason : `${reason}; ${note}`;
      ranked.push({ mac, adapter: name, detachable, reason: why, order });
    }
  }
  ranked.sort((a, b) => compareOrders(a.order, b.order) || (a.adapter < b.adapter ? -1 : 1));
  const macs: RankedMac[] = [];
  for (const { order: _, ...one } of ranked) {
    const { mac, adapter } = one;
    const same = macs.find((other) => other.mac === mac);
    if (same === undefined) macs.push(one);
    else if (same.adapter !== adapter)
      passedOver.push({ adapter, mac, reason: `has the same address as ${same.adapter}` });
  }
  return { macs, passedOver };
}

/** The adapter that the administrator named, by its name or one of its addresses; `macs` is empty if there is none. */
export function namedAdapter(adapters: readonly Adapter[], wanted: string): AdapterRanking {
  const mac = parseMac(wanted);
  const named = adapters.find((adapter) =>
    mac === undefined
      ? foldName(adapter.name) === foldName(wanted)
      : addressesOf(adapter).some((one) => one.mac === mac),
  );
  const chosen = mac ?? (named === undefined ? undefined : addressesOf(named)[0]?.mac);
  const passedOver = adapters
    .filter((adapter) => adapter !== named || chosen === undefined)
    .map((adapter) => ({
      adapter: adapter.name,
      mac: adapter.mac,
      reason: `the setting interface names ${wanted}`,
    }));
  if (named === undefined || chosen === undefined) return { macs: [], passedOver };
  const { name, detachable = false } = named;
  return { macs: [{ mac: chosen, adapter: name, detachable, reason: "named by the setting interface" }], passedOver };
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

function standing(adapter: Adapter, { mac, shared }: Address): { order: readonly number[]; reason: string } {
  const madeUp = isLocallyAdministered(mac);
  const kind = adapter.detachable ? detachableAdapter : "physical";
  const route = adapter.defaultRoute;
  const connection =
    route !== undefined ? `${kind}, carries the default route` : adapter.up ? `${kind}, connected` : `${kind}, idle`;
  const order = [madeUp ? 1 : 0, shared ? 1 : 0, route === undefined ? 1 : 0, route ?? 0, adapter.up ? 0 : 1];
  return { order, reason: madeUp ? `${connection}; a locally administered address` : connection };
}

function compareOrders(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
