import { constants } from "../../native-layout.ts";
import type { Adapter } from "../../port.ts";
import { usbMaker } from "../../usb-makers.ts";
import type { InterfaceRow } from "./parse-adapters.ts";

/** Bits of InterfaceAndOperStatusFlags, bit fields in netioapi.h. */
export const statusFlag = { HardwareInterface: 0x1, FilterInterface: 0x2, ConnectorPresent: 0x4 } as const;
const ifType = constants("ipifcons.h", {
  IF_TYPE_ETHERNET_CSMACD: 6,
  IF_TYPE_PPP: 23,
  IF_TYPE_SOFTWARE_LOOPBACK: 24,
  IF_TYPE_IEEE80211: 71,
  IF_TYPE_TUNNEL: 131,
});
/** IF_TYPE_WWANPP and IF_TYPE_WWANPP2 (IANA ifType), which mingw-w64's headers lack. */
const mobileTypes: readonly number[] = [243, 244];
const medium = constants("ntddndis.h", { NdisPhysicalMediumWirelessWan: 8, NdisPhysicalMediumBluetooth: 10 });

type Kind = Pick<Adapter, "kind" | "kindReason">;

/** Adapters that claim to be hardware but are not this machine's, by their drivers' names. */
const byDescription: readonly (readonly [RegExp, Kind["kind"], reason: string])[] = [
  [/^hyper-v virtual ethernet/i, "virtual", "Hyper-V switch port"],
  [/\btap-|\btap adapter|wintun|wireguard|openvpn/i, "virtual", "VPN adapter"],
  [/anyconnect|fortinet|globalprotect|pangp|juniper|pulse secure|zscaler|\bvpn\b/i, "virtual", "VPN adapter"],
  [
    /^vmware virtual ethernet|virtualbox host-only|^parallels virtual/i,
    "virtual",
    "virtual adapter of a virtual machine host",
  ],
  [/loopback/i, "virtual", "loopback adapter"],
  [/wi-?fi direct|hosted network/i, "virtual", "created by Windows on a Wi-Fi adapter"],
  // Windows' teams and bridges, Intel's ANS teams and VLANs, Broadcom's BASP; each has an address of its members.
  [/adapter multiplexor|mac bridge|^team ?:|\bteam #\d|\bbasp\b|\bvlan ?:/i, "virtual", "team, bridge or VLAN"],
  [/thunderbolt\S* networking|usb4\S* p2p/i, "other", "cable to another computer"],
  [/apple mobile device|\biphone\b|\bipad\b/i, "other", "phone"],
  // In every language; a version is that of another adapter's driver.
  [/\bndis\b(?! \d)|\brndis/i, "other", "phone or gadget (RNDIS)"],
  [/bluetooth/i, "other", "Bluetooth"],
  [/mobile (?:broadband|connect)|\bwwan\b|\b[45]g (?:solution|module|mobile)/i, "other", "mobile modem"],
  [/\blte\b|\bmodem\b|\bmbim\b|\bhs-usb\b/i, "other", "mobile modem"],
];

/** Buses of devices that software creates; `{5D624F94-…}` is that of Wi-Fi's virtual adapters. */
const softwareBus = /^(?:ROOT|SWD|COMPOSITEBUS|\{[0-9A-F-]{36}\})\\/;

/** @param instance device instance ID in capitals, `USB\VID_…` */
export function adapterKind(row: InterfaceRow, instance: string | undefined): Kind {
  const virtual = (kindReason: string): Kind => ({ kind: "virtual", kindReason });
  const other = (kindReason: string): Kind => ({ kind: "other", kindReason });
  if (row.type === ifType.IF_TYPE_SOFTWARE_LOOPBACK) return { kind: "loopback", kindReason: "loopback" };
  if (row.type === ifType.IF_TYPE_TUNNEL || row.type === ifType.IF_TYPE_PPP) return virtual("tunnel");
  if (row.physicalMedium === medium.NdisPhysicalMediumBluetooth) return other("Bluetooth");
  if (row.physicalMedium === medium.NdisPhysicalMediumWirelessWan || mobileTypes.includes(row.type)) {
    return other("mobile modem");
  }
  const [, kind, reason] = byDescription.find(([pattern]) => pattern.test(row.description)) ?? [];
  if (kind !== undefined) return { kind, kindReason: `${reason} (${row.description})` };
  const maker = row.type === ifType.IF_TYPE_IEEE80211 ? undefined : madeBy(instance);
  if (maker !== undefined) return other(`${maker} (${row.description})`);
  if ((row.flags & statusFlag.HardwareInterface) === 0) return virtual("virtual adapter");
  if (instance !== undefined && softwareBus.test(instance)) return virtual(`created by software (${row.description})`);
  if ((row.flags & statusFlag.ConnectorPresent) === 0) return virtual("hardware without a connector");
  if (row.type !== ifType.IF_TYPE_ETHERNET_CSMACD && row.type !== ifType.IF_TYPE_IEEE80211) {
    return other(`interface type ${row.type}`);
  }
  return {
    kind: "physical",
    kindReason: row.type === ifType.IF_TYPE_IEEE80211 ? "Wi-Fi hardware" : "Ethernet hardware",
  };
}

function madeBy(instance = ""): string | undefined {
  const [, vendor, product] = /^USB\\VID_(\w{4})&PID_(\w{4})/.exec(instance) ?? [];
  return vendor === undefined || product === undefined ? undefined : usbMaker(vendor, product);
}

/** Can be unplugged: on USB, or by its description if Windows has no device instance. */
export function isDetachable(row: InterfaceRow, instance: string | undefined): boolean {
  return instance === undefined ? /\bUSB/i.test(row.description) : instance.startsWith("USB\\");
}
