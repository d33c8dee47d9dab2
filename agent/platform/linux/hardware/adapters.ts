import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "../../../errors.ts";
import { reasonOf } from "../../../files/open-file.ts";
import { type Mac, parseMac } from "../../../identity/mac.ts";
import { absent, failedBy, found, type Reading } from "../../../reading.ts";
import { constants } from "../../native-layout.ts";
import type { Adapter } from "../../port.ts";
import { usbMaker } from "../../usb-makers.ts";
import { defaultRouteAdapters } from "./routes.ts";

const { ARPHRD_ETHER, ARPHRD_INFINIBAND, ARPHRD_LOOPBACK } = constants("net/if_arp.h", {
  ARPHRD_ETHER: 1,
  ARPHRD_INFINIBAND: 32,
  ARPHRD_LOOPBACK: 772,
});

/** Documentation/ABI/testing/sysfs-class-net, addr_assign_type; 2 is an address taken from another device. */
const assignments: Readonly<Record<string, Adapter["addressAssigned"]>> = {
  "0": "permanent",
  "1": "random",
  "3": "set",
};

/** The DEVTYPE in `uevent` of adapters without hardware. */
const virtualTypes: Readonly<Record<string, string>> = {
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

/** DEVTYPE of adapters that have hardware behind them, but another device's address or none that lasts. */
const foreignTypes: Readonly<Record<string, string>> = {
  bluetooth: "Bluetooth tethering",
  wwan: "a mobile modem",
  gadget: "this device as a USB gadget",
};

/** Drivers of devices, such as phones, that share their network with the machine they are plugged into. */
const foreignDrivers: Readonly<Record<string, string>> = {
  ipheth: "an iPhone's tethering",
  rndis_host: "a phone's tethering (RNDIS)",
  "thunderbolt-net": "networking between machines over Thunderbolt",
  thunderbolt_net: "networking between machines over Thunderbolt",
  cdc_mbim: "a mobile modem",
  qmi_wwan: "a mobile modem",
  huawei_cdc_ncm: "a mobile modem",
  sierra_net: "a mobile modem",
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
    const auxiliaryMac = parseMac(text(root, "sys/devices/platform/thinkpad_acpi/auxmac"));
    const adapters = names.map((name): Adapter => {
      const { kind, kindReason } = kinds.get(name) ?? kindOf(folder, name);
      const mac = parseMac(text(folder, name, "address"));
      return {
        name,
        mac,
        permanentMac: burntIn.get(name),
        kind,
        kindReason,
        addressAssigned: isPassedThrough(folder, name, mac, auxiliaryMac)
          ? "passed-through"
          : (assignments[text(folder, name, "addr_assign_type")] ?? "unknown"),
        detachable: isDetachable(folder, name),
        up: isUp(folder, name),
        defaultRoute: routes.get(name),
      };
    });
    return found(adapters, origin);
  } catch (cause) {
    return failedBy(origin, cause, "identity-unreadable", `The network adapters can't be read: ${reasonOf(cause)}.`);
  }
}

function kindOf(folder: string, name: string): Pick<Adapter, "kind" | "kindReason"> {
  const type = Number(text(folder, name, "type"));
  if (type === ARPHRD_LOOPBACK) return { kind: "loopback", kindReason: "loopback" };
  if (!existsSync(join(folder, name, "device"))) return { kind: "virtual", kindReason: virtualReason(folder, name) };
  if (type !== ARPHRD_ETHER) {
    const kindReason = type === ARPHRD_INFINIBAND ? "InfiniBand, without a MAC address" : "not an Ethernet adapter";
    return { kind: "other", kindReason };
  }
  const deviceType = deviceTypeOf(folder, name);
  const foreign =
    foreignTypes[deviceType] ??
    foreignDrivers[linkName(folder, name, "device/driver")] ??
    (deviceType === "wlan" ? undefined : foreignMaker(folder, name));
  if (foreign !== undefined) return { kind: "other", kindReason: foreign };
  return { kind: "physical", kindReason: "hardware adapter" };
}

/** The device of an adapter on USB is an interface of the device above it. */
function foreignMaker(folder: string, name: string): string | undefined {
  const device = dirname(realpathSync.native(join(folder, name, "device")));
  const maker = usbMaker(text(device, "idVendor"), text(device, "idProduct"));
  return maker && `an adapter of a ${maker}`;
}

const deviceTypeOf = (folder: string, name: string): string =>
  /^DEVTYPE=(.*)$/m.exec(text(folder, name, "uevent"))?.[1] ?? "";

/**
 * Whether the dock has an address from the machine: r8152 marks such an address as taken from another device
 * (NET_ADDR_STOLEN, kernel commit cb6cf0820f22), and thinkpad_acpi shows the one of a ThinkPad (`auxmac`,
 * Documentation/admin-guide/laptops/thinkpad-acpi.rst).
 */
function isPassedThrough(folder: string, name: string, mac: Mac | undefined, auxiliaryMac: Mac | undefined): boolean {
  if (linkName(folder, name, "device/driver") !== "r8152") return false;
  return text(folder, name, "addr_assign_type") === "2" || (mac !== undefined && mac === auxiliaryMac);
}

/**
 * Documentation/ABI/testing/sysfs-devices-removable: the platform marks USB and PCI devices that can be unplugged. An
 * adapter is detachable if anything between it and the machine is: a dock's Ethernet chip is fixed to the dock's hub. A
 * device of which the platform knows nothing (`unknown`) may be soldered in, as a Raspberry Pi's Ethernet is.
 */
function isDetachable(folder: string, name: string): boolean {
  const device = join(folder, name, "device");
  if (!existsSync(device)) return false;
  for (let above = realpathSync.native(device); above !== dirname(above); above = dirname(above)) {
    if (text(above, "removable") === "removable") return true;
  }
  return false;
}

/** The last part of a link's target; empty without one. */
function linkName(...parts: readonly string[]): string {
  const path = join(...parts);
  if (!existsSync(path)) return "";
  try {
    return basename(readlinkSync(path));
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}

function virtualReason(folder: string, name: string): string {
  const type = deviceTypeOf(folder, name);
  if (type === "bridge" && /^(?:docker\d+|br-[0-9a-f]{12})$/.test(name)) return "a bridge of Docker";
  const described = virtualTypes[type] ?? foreignTypes[type];
  if (described !== undefined) return described;
  if (existsSync(join(folder, name, "tun_flags"))) return "a TUN or TAP adapter of a VPN or a virtual machine";
  if (existsSync(join(folder, name, "bonding"))) return "a bond of several adapters";
  const [lower] = lowerAdapters(folder, name);
  if (lower !== undefined) return `virtual, stacked on ${lower}`;
  // The other end of a veth pair is its `iflink`; all others link to themselves, tunnels to 0.
  const [index, link] = [text(folder, name, "ifindex"), text(folder, name, "iflink")];
  if (link !== index && link !== "0" && link !== "") return "one end of a virtual pair (veth), as containers use";
  return "virtual adapter";
}

/** IF_OPER_UP, or unknown with a carrier, for drivers that do not report the state. */
function isUp(folder: string, name: string): boolean {
  const state = text(folder, name, "operstate");
  return state === "up" || (state === "unknown" && text(folder, name, "carrier") === "1");
}

/** Rank by adapter; the adapters below a bridge, bond or VLAN get its rank. */
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
  return readdirSync(join(folder, name)).flatMap((entry) =>
    entry.startsWith("lower_") ? entry.slice("lower_".length) : [],
  );
}

/** Empty if the file is missing or, as in sysfs for an adapter that is down, has no value now. */
function text(...parts: readonly string[]): string {
  const path = join(...parts);
  // Many are missing on most machines, and an error takes longer than this question.
  if (!existsSync(path)) return "";
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL", "EOPNOTSUPP", "ENODEV"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}
