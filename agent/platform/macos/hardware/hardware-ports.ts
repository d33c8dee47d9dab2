import { type Mac, parseMac } from "../../../identity/mac.ts";
import type { Adapter } from "../../port.ts";

/** One port as networksetup(8) lists it. */
export interface HardwarePort {
  /** `Wi-Fi`, `USB 10/100/1000 LAN`, `Thunderbolt Bridge`. */
  readonly port: string;
  /** `en0` */
  readonly device: string;
  /** The address burnt in, also where a private Wi-Fi address is in use. */
  readonly mac: Mac | undefined;
}

/** Reads what `networksetup -listallhardwareports` prints; VLANs, which come after the ports, are none. */
export function parseHardwarePorts(text: string): readonly HardwarePort[] {
  const [ports = ""] = text.split(/^VLAN Configurations\s*$/m);
  return ports.split(/^(?=Hardware Port: )/m).flatMap((block) => {
    const value = (name: string): string | undefined => new RegExp(`^${name}: (.*?)\\s*$`, "m").exec(block)?.[1];
    const port = value("Hardware Port");
    const device = value("Device");
    if (port === undefined || device === undefined || device === "") return [];
    return [{ port, device, mac: parseMac(value("Ethernet Address") ?? "") }];
  });
}

/** Ports of the Mac itself; others are named after the adapter or dock that is plugged in: `USB 10/100/1000 LAN`. */
const builtIn = /^(?:Wi-Fi|AirPort|Ethernet(?: \d)?|Ethernet Adapter \(en\d+\))$/;

const portKinds: readonly (readonly [RegExp, Adapter["kind"], string])[] = [
  [/^Thunderbolt Bridge$/, "virtual", "a bridge of the Thunderbolt ports"],
  [/^Thunderbolt \d+$/, "other", "IP over Thunderbolt"],
  [/^FireWire/, "other", "IP over FireWire"],
  [/^Bluetooth/, "other", "Bluetooth"],
  [/^i(?:Phone|Pad)\b|Android|RNDIS/i, "other", "a phone or tablet that shares its connection"],
  [/Modem|\bWWAN\b|\bMBIM\b|HUAWEI_MOBILE/i, "other", "a mobile modem"],
];

/** The kind of a port by its name, and whether it can be unplugged. */
export function kindOfPort({ port, device }: HardwarePort): Pick<Adapter, "kind" | "kindReason" | "detachable"> {
  const [, kind, kindReason] = portKinds.find(([pattern]) => pattern.test(port)) ?? [];
  if (kind !== undefined && kindReason !== undefined) return { kind, kindReason };
  if (!/^en\d+$/.test(device)) return { kind: "other", kindReason: "not an Ethernet adapter" };
  return { kind: "physical", kindReason: `the hardware port ${port}`, detachable: !builtIn.test(port) };
}

const softwareAdapters: readonly (readonly [RegExp, string])[] = [
  [/^utun|^ipsec|^ppp/, "a tunnel of a VPN or of the system"],
  [/^awdl|^llw|^nan/, "Apple Wireless Direct Link"],
  [/^ap\d/, "access point of this Mac"],
  [/^bridge|^vlan|^bond/, "stacked on other adapters"],
  [/^vmnet|^vmenet|^feth/, "adapter of a virtual machine"],
  [/^anpi/, "service port of the processor"],
];

export function kindOfOther(device: string): Pick<Adapter, "kind" | "kindReason"> {
  if (/^lo\d/.test(device)) return { kind: "loopback", kindReason: "loopback" };
  const reason = softwareAdapters.find(([pattern]) => pattern.test(device))?.[1];
  return { kind: "virtual", kindReason: reason ?? "no hardware port" };
}
