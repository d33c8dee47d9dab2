import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { type Mac, parseMac } from "../../../identity/mac.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import type { Adapter } from "../../port.ts";
import { defaultRouteAdapters } from "./routes.ts";

/** linux/if_arp.h */
const ARPHRD_ETHER = 1;
const ARPHRD_INFINIBAND = 32;
const ARPHRD_LOOPBACK = 772;

/** Documentation/ABI/testing/sysfs-class-net, addr_assign_type; 2 is an address stolen from another adapter. */
const assignments: Readonly<Record<string, Adapter["addressAssigned"]>> = {
  "0": "permanent",
  "1": "random",
  "3": "set",
};

/** Drivers of software adapters that name themselves in `uevent` (DEVTYPE). */
const deviceTypes: Readonly<Record<string, string>> = {
  bridge: "a bridge",
  bond: "a bond of several adapters",
  vlan: "a VLAN on another adapter",
  wireguard: "a WireGuard tunnel",
  vxlan: "a VXLAN tunnel",
  geneve: "a GENEVE tunnel",
  gretap: "a GRE tunnel",
  macvlan: "a MACVLAN on another adapter",
  team: "a team of several adapters",
};

/**
 * The network adapters in sysfs, in order of name.
 * @param permanentMacs asks the drivers of the named adapters for the address burnt in
 */
export function readAdapters(
  root: string,
  permanentMacs: (adapters: readonly string[]) => ReadonlyMap<string, Mac>,
): Reading<readonly Adapter[]> {
  const folder = join(root, "sys/class/net");
  const origin = "/sys/class/net";
  try {
    if (!existsSync(folder)) return absent(origin, "sysfs is not mounted");
    // bonding_masters and the like are files of drivers beside the adapters' folders.
    const names = readdirSync(folder)
      .filter((name) => existsSync(join(folder, name, "ifindex")))
      .sort();
    const kinds = new Map(names.map((name) => [name, kindOf(folder, name)]));
    const burntIn = permanentMacs(names.filter((name) => kinds.get(name)?.kind === "physical"));
    const routes = defaultRoutes(root, folder);
    const adapters = names.map((name): Adapter => {
      const { kind, kindReason } = kinds.get(name) ?? kindOf(folder, name);
      return {
        name,
        mac: parseMac(text(folder, name, "address")),
        permanentMac: burntIn.get(name),
        kind,
        kindReason,
        addressAssigned: assignments[text(folder, name, "addr_assign_type")] ?? "unknown",
        detachable: isDetachable(folder, name),
        up: isUp(folder, name),
        defaultRoute: routes.get(name),
      };
    });
    return found(adapters, origin);
  } catch (cause) {
    if (cause instanceof AgentError) return failed(origin, cause);
    const message = `The network adapters can't be read (${systemErrorCode(cause) ?? cause}).`;
    return failed(origin, new AgentError("identity-unreadable", message, { cause }));
  }
}

function kindOf(folder: string, name: string): Pick<Adapter, "kind" | "kindReason"> {
  const type = Number(text(folder, name, "type"));
  if (type === ARPHRD_LOOPBACK) return { kind: "loopback", kindReason: "loopback" };
  if (existsSync(join(folder, name, "device"))) {
    if (type === ARPHRD_ETHER) return { kind: "physical", kindReason: "a device is behind it" };
    const kindReason = type === ARPHRD_INFINIBAND ? "InfiniBand, without a MAC address" : "not an Ethernet adapter";
    return { kind: "other", kindReason };
  }
  return { kind: "virtual", kindReason: virtualReason(folder, name) };
}

/**
 * Documentation/ABI/testing/sysfs-devices-removable: the platform tells of USB and PCI devices (in docks on
 * Thunderbolt) whether they can be unplugged. Of USB it often does not know, which is then believed to be unplugged;
 * `device` of a USB adapter is one interface of the device above it.
 */
function isDetachable(folder: string, name: string): boolean {
  const bus = linkName(folder, name, "device/subsystem");
  if (bus === "usb") return text(dirname(realpathSync(join(folder, name, "device"))), "removable") !== "fixed";
  return text(folder, name, "device/removable") === "removable";
}

/** The last part of where a link leads; empty where there is none. */
function linkName(...path: readonly string[]): string {
  try {
    return basename(readlinkSync(join(...path)));
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}

function virtualReason(folder: string, name: string): string {
  const deviceType = /^DEVTYPE=(.*)$/m.exec(text(folder, name, "uevent"))?.[1] ?? "";
  const told = deviceTypes[deviceType];
  if (deviceType === "bridge" && /^(?:docker\d+|br-[0-9a-f]{12})$/.test(name)) return "a bridge of Docker";
  if (told !== undefined) return told;
  if (existsSync(join(folder, name, "tun_flags"))) return "a TUN or TAP adapter of a VPN or a virtual machine";
  if (existsSync(join(folder, name, "bonding"))) return "a bond of several adapters";
  const [lower] = lowerAdapters(folder, name);
  if (lower !== undefined) return `no device behind it, stacked on ${lower}`;
  // The other end of a veth pair is its `iflink`; all others link to themselves, tunnels to 0.
  const [index, link] = [text(folder, name, "ifindex"), text(folder, name, "iflink")];
  if (link !== index && link !== "0" && link !== "") return "one end of a virtual pair (veth), as containers use";
  return "no device behind it";
}

/** IF_OPER_UP, or unknown with a carrier, for drivers that do not report the state. */
function isUp(folder: string, name: string): boolean {
  const state = text(folder, name, "operstate");
  return state === "up" || (state === "unknown" && text(folder, name, "carrier") === "1");
}

/** Rank by adapter; what a bridge, bond or VLAN carries goes through the adapters below it with the same rank. */
function defaultRoutes(root: string, folder: string): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const add = (name: string, rank: number): void => {
    if (ranks.has(name)) return;
    ranks.set(name, rank);
    for (const lower of lowerAdapters(folder, name)) add(lower, rank);
  };
  const adapters = defaultRouteAdapters(text(root, "proc/net/route"), text(root, "proc/net/ipv6_route"));
  adapters.forEach(add);
  return ranks;
}

function lowerAdapters(folder: string, name: string): string[] {
  if (!existsSync(join(folder, name))) return [];
  return readdirSync(join(folder, name)).flatMap((entry) => /^lower_(.+)$/.exec(entry)?.[1] ?? []);
}

/** Empty where the file is not there or, as sysfs says of an adapter that is down, has no value now. */
function text(...path: readonly string[]): string {
  try {
    return readFileSync(join(...path), "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL", "EOPNOTSUPP", "ENODEV"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}
