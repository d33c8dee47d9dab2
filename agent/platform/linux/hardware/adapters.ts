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
    const folders = readdirSync(folder)
      .sort()
      .flatMap((name) => openFolder(folder, name) ?? []);
    const kinds = new Map(folders.map((one) => [one, kindOf(one)]));
    const burntIn = permanentMacs(folders.filter((one) => kinds.get(one)?.kind === "physical").map(({ name }) => name));
    const routes = defaultRoutes(root, folders);
    const auxiliaryMac = parseMac(text(join(root, "sys/devices/platform/thinkpad_acpi/auxmac")));
    const adapters = [...kinds].map(([one, kind]): Adapter => {
      const mac = parseMac(one.text("address"));
      return {
        name: one.name,
        mac,
        permanentMac: burntIn.get(one.name),
        ...kind,
        addressAssigned: isPassedThrough(one, mac, auxiliaryMac)
          ? "passed-through"
          : (assignments[one.text("addr_assign_type")] ?? "unknown"),
        detachable: isDetachable(one),
        up: isUp(one),
        defaultRoute: routes.get(one.name),
      };
    });
    return found(adapters, origin);
  } catch (cause) {
    return failedBy(origin, cause, "identity-unreadable", `The network adapters can't be read: ${reasonOf(cause)}.`);
  }
}

/** An adapter's folder in sysfs. */
class AdapterFolder {
  readonly name: string;
  readonly path: string;
  /** Listed once: most machines lack many of the files asked for, and each question takes a while. */
  readonly files: readonly string[];

  constructor(folder: string, name: string) {
    this.name = name;
    this.path = `${folder}/${name}`;
    this.files = readdirSync(this.path);
  }

  has(file: string): boolean {
    return this.files.includes(file);
  }

  /** Empty if the file is missing or, as for an adapter that is down, has no value now. */
  text(file: string): string {
    return this.has(file) ? read(`${this.path}/${file}`) : "";
  }
}

/** @returns undefined for an adapter that is gone, and for `bonding_masters` and other files of drivers. */
function openFolder(folder: string, name: string): AdapterFolder | undefined {
  try {
    const opened = new AdapterFolder(folder, name);
    return opened.has("ifindex") ? opened : undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function kindOf(folder: AdapterFolder): Pick<Adapter, "kind" | "kindReason"> {
  const type = Number(folder.text("type"));
  if (type === ARPHRD_LOOPBACK) return { kind: "loopback", kindReason: "loopback" };
  if (!folder.has("device")) return { kind: "virtual", kindReason: virtualReason(folder) };
  if (type !== ARPHRD_ETHER) {
    const kindReason = type === ARPHRD_INFINIBAND ? "InfiniBand, without a MAC address" : "not an Ethernet adapter";
    return { kind: "other", kindReason };
  }
  const deviceType = deviceTypeOf(folder);
  const foreign =
    foreignTypes[deviceType] ??
    foreignDrivers[driverOf(folder)] ??
    (deviceType === "wlan" ? undefined : foreignMaker(folder));
  if (foreign !== undefined) return { kind: "other", kindReason: foreign };
  return { kind: "physical", kindReason: "hardware adapter" };
}

/** The device of an adapter on USB is an interface of the device above it. */
function foreignMaker({ path }: AdapterFolder): string | undefined {
  const device = dirname(realpathSync.native(`${path}/device`));
  const maker = usbMaker(text(`${device}/idVendor`), text(`${device}/idProduct`));
  return maker && `an adapter of a ${maker}`;
}

const deviceTypeOf = (folder: AdapterFolder): string => /^DEVTYPE=(.*)$/m.exec(folder.text("uevent"))?.[1] ?? "";

/**
 * Whether the dock has an address from the machine: r8152 marks such an address as taken from another device
 * (NET_ADDR_STOLEN, kernel commit cb6cf0820f22), and thinkpad_acpi shows the one of a ThinkPad (`auxmac`,
 * Documentation/admin-guide/laptops/thinkpad-acpi.rst).
 */
function isPassedThrough(folder: AdapterFolder, mac: Mac | undefined, auxiliaryMac: Mac | undefined): boolean {
  if (driverOf(folder) !== "r8152") return false;
  return folder.text("addr_assign_type") === "2" || (mac !== undefined && mac === auxiliaryMac);
}

/**
 * Documentation/ABI/testing/sysfs-devices-removable: the platform marks USB and PCI devices that can be unplugged. An
 * adapter is detachable if anything between it and the machine is: a dock's Ethernet chip is fixed to the dock's hub. A
 * device of which the platform knows nothing (`unknown`) may be soldered in, as a Raspberry Pi's Ethernet is.
 */
function isDetachable(folder: AdapterFolder): boolean {
  if (!folder.has("device")) return false;
  const device = realpathSync.native(`${folder.path}/device`);
  for (let above = device; above !== dirname(above); above = dirname(above)) {
    if (text(`${above}/removable`) === "removable") return true;
  }
  return false;
}

/** Empty without one. */
function driverOf(folder: AdapterFolder): string {
  const link = `${folder.path}/device/driver`;
  if (!folder.has("device") || !existsSync(link)) return "";
  try {
    return basename(readlinkSync(link));
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}

function virtualReason(folder: AdapterFolder): string {
  const type = deviceTypeOf(folder);
  if (type === "bridge" && /^(?:docker\d+|br-[0-9a-f]{12})$/.test(folder.name)) return "a bridge of Docker";
  const described = virtualTypes[type] ?? foreignTypes[type];
  if (described !== undefined) return described;
  if (folder.has("tun_flags")) return "a TUN or TAP adapter of a VPN or a virtual machine";
  if (folder.has("bonding")) return "a bond of several adapters";
  const [lower] = lowerAdapters(folder);
  if (lower !== undefined) return `virtual, stacked on ${lower}`;
  // The other end of a veth pair is its `iflink`; all others link to themselves, tunnels to 0.
  const [index, link] = [folder.text("ifindex"), folder.text("iflink")];
  if (link !== index && link !== "0" && link !== "") return "one end of a virtual pair (veth), as containers use";
  return "virtual adapter";
}

/** IF_OPER_UP, or unknown with a carrier, for drivers that do not report the state. */
function isUp(folder: AdapterFolder): boolean {
  const state = folder.text("operstate");
  return state === "up" || (state === "unknown" && folder.text("carrier") === "1");
}

/** Rank by adapter; the adapters below a bridge, bond or VLAN get its rank. */
function defaultRoutes(root: string, folders: readonly AdapterFolder[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const add = (name: string, rank: number): void => {
    if (ranks.has(name)) return;
    ranks.set(name, rank);
    const folder = folders.find((one) => one.name === name);
    for (const lower of folder === undefined ? [] : lowerAdapters(folder)) add(lower, rank);
  };
  const tables = join(root, "proc/net");
  defaultRouteAdapters(text(`${tables}/route`), text(`${tables}/ipv6_route`)).forEach(add);
  return ranks;
}

const lowerAdapters = ({ files }: AdapterFolder): string[] =>
  files.flatMap((file) => (file.startsWith("lower_") ? file.slice("lower_".length) : []));

/** Empty if the file is missing; an error would take longer than the question before. */
const text = (path: string): string => (existsSync(path) ? read(path) : "");

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL", "EOPNOTSUPP", "ENODEV"].includes(systemErrorCode(error) ?? "")) return "";
    throw error;
  }
}
