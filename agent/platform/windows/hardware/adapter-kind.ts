import { constants } from "../../native-layout.ts";
import type { Adapter } from "../../port.ts";
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
const byDescription: readonly { readonly pattern: RegExp; readonly kind: Kind["kind"]; readonly reason: string }[] = [
  { pattern: /^hyper-v virtual ethernet/i, kind: "virtual", reason: "Hyper-V switch port" },
  { pattern: /\btap-|\btap adapter|wintun|wireguard|openvpn/i, kind: "virtual", reason: "VPN adapter" },
  {
    pattern: /anyconnect|fortinet|globalprotect|pangp|juniper|pulse secure|zscaler|\bvpn\b/i,
    kind: "virtual",
    reason: "VPN adapter",
  },
  {
    pattern: /^vmware virtual ethernet|virtualbox host-only|^parallels virtual/i,
    kind: "virtual",
    reason: "virtual adapter of a virtual machine host",
  },
  { pattern: /loopback/i, kind: "virtual", reason: "loopback adapter" },
  { pattern: /wi-?fi direct|hosted network/i, kind: "virtual", reason: "created by Windows on a Wi-Fi adapter" },
  // Windows' teams and bridges, Intel's ANS teams and VLANs, Broadcom's BASP; each has an address of its members.
  {
    pattern: /adapter multiplexor|mac bridge|^team ?:|\bteam #\d|\bbasp\b|\bvlan ?:/i,
    kind: "virtual",
    reason: "team, bridge or VLAN",
  },
  { pattern: /thunderbolt\S* networking|usb4\S* p2p/i, kind: "other", reason: "cable to another computer" },
  { pattern: /apple mobile device|\biphone\b|\bipad\b/i, kind: "other", reason: "phone" },
  { pattern: /remote ndis|\brndis/i, kind: "other", reason: "phone or gadget (RNDIS)" },
  { pattern: /bluetooth/i, kind: "other", reason: "Bluetooth" },
  {
    pattern:
      /mobile (?:broadband|connect)|\bwwan\b|\b[45]g (?:solution|module|mobile)|\blte\b|\bmodem\b|\bmbim\b|\bhs-usb\b/i,
    kind: "other",
    reason: "mobile modem",
  },
];

/** Makers of modems and phones by the vendor ID of usb.org, as Linux's drivers `qmi_wwan`, `option` and `ipheth` list them. */
const byUsbVendor: Readonly<Record<string, string>> = {
  "05AC": "phone",
  "05C6": "mobile modem",
  "0F3D": "mobile modem",
  "1199": "mobile modem",
  "12D1": "mobile modem",
  "1410": "mobile modem",
  "19D2": "mobile modem",
  "1BBB": "mobile modem",
  "1BC7": "mobile modem",
  "1E0E": "mobile modem",
  "1E2D": "mobile modem",
  "2C7C": "mobile modem",
  "2CB7": "mobile modem",
};
/** Apple's Ethernet adapters, which share the vendor ID with its phones: USB Ethernet (A1277). */
const appleEthernet = /^USB\\VID_05AC&PID_1402/;

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
  const named = byDescription.find(({ pattern }) => pattern.test(row.description));
  if (named !== undefined) return { kind: named.kind, kindReason: `${named.reason} (${row.description})` };
  const maker = madeBy(instance);
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
  const [, vendor = ""] = /^USB\\VID_([0-9A-F]{4})/.exec(instance) ?? [];
  return appleEthernet.test(instance) ? undefined : byUsbVendor[vendor];
}

/** Can be unplugged: on USB, or by its description if Windows has no device instance. */
export function isDetachable(row: InterfaceRow, instance: string | undefined): boolean {
  return instance === undefined ? /\bUSB/i.test(row.description) : instance.startsWith("USB\\");
}
