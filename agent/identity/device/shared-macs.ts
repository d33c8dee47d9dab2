import type { Mac } from "../mac.ts";

/**
 * MAC addresses that many devices have, with the reason. A pattern that ends with a colon matches all that begin with it.
 * Sources: GLPI's Blacklist::getDefaults() where nothing else is said; others from users' public listings of adapters.
 */
const sharedAddresses: Readonly<Record<string, string>> = {
  "20:41:53:59:4e:ff": "Windows' RAS adapter",
  "24:b6:20:52:41:53": "Windows' packet scheduler miniport",
  "33:50:6f:45:30:30": "Windows' PPPoE miniport",
  "50:50:54:50:30:30": "Windows' PPTP miniport",
  "02:00:4c:4f:4f:50": "Windows' loopback adapter",
  "02:00:4e:43:50:49": "the NCP VPN client",
  "00:05:9a:3c:7a:00": "the Cisco AnyConnect client",
  "00:05:9a:3c:78:00": "the Cisco VPN client",
  "00:09:0f:fe:00:01": "the FortiClient VPN",
  "02:50:41:00:00:01": "the GlobalProtect VPN",
  "00:50:56:c0:": "VMware's host network",
  "0a:00:27:": "VirtualBox's host network",
  // linux/xen: netback's end of each guest's adapter.
  "fe:ff:ff:ff:ff:ff": "Xen's virtual switch",
  "02:80:37:ec:02:00": "Ericsson modems",
  "0c:5b:8f:27:9a:64": "Huawei HiLink modems",
  "00:1e:10:1f:00:00": "Huawei modems",
  "58:2c:80:13:92:63": "Huawei modems",
  "00:0b:ca:fe:00:00": "the Juniper VPN client",
  "00:0b:ca:fe:00:01": "the Juniper VPN client",
  "e2:e6:16:20:0a:35": "FireWire adapters",
  "d2:0a:2d:a0:04:be": "FireWire adapters",
  "d2:6b:25:2f:2c:e7": "FireWire adapters",
  // Every Mac's internal link to its T2 chip or Touch Bar.
  "ac:de:48:00:11:22": "Apple's T2 chip",
  // Every DM9601/SR9700 USB adapter whose memory was never written: ASCII "SDX" behind Realtek's prefix.
  "00:e0:4c:53:44:58": "USB adapters without their own address",
  // Intel's Ethernet with erased memory.
  "88:88:88:88:87:88": "Intel adapters that lost their address",
  // Sample addresses of a chip's maker, which some adapters and boards keep: ASIX's programming tool, Broadcom's NVRAM
  // files (linux, brcmfmac/common.c), QEMU's first network card.
  "00:0e:c6:81:79:01": "USB adapters without their own address",
  "00:90:4c:c5:12:38": "Broadcom Wi-Fi chips without their own address",
  "52:54:00:12:34:56": "QEMU virtual machines without a configured address",
  // OCS Inventory's agent for Windows.
  "44:45:53:54:42:00": "the Nortel VPN client",
  "ba:d0:be:ef:fa:ce": "GlobeTrotter modems",
  "80:00:60:0f:e8:00": "Windows Mobile devices",
  // Given to programs that may not see the real one (Android 6, iOS 7).
  "02:00:00:00:00:00": "systems that hide the real address",
  // RFC 9568 7.3; Cisco HSRP and GLBP.
  "00:00:5e:00:01:": "virtual routers (VRRP)",
  "00:00:5e:00:02:": "virtual routers (VRRP)",
  "00:00:0c:07:ac:": "virtual routers (HSRP)",
  "00:07:b4:00:": "virtual routers (GLBP)",
};

/** Why an address does not identify a device; undefined if it looks like a single adapter's. */
export function sharedMacReason(mac: Mac): string | undefined {
  const octets = mac.split(":");
  for (let length = octets.length; length >= 3; length -= 1) {
    const start = octets.slice(0, length).join(":");
    const owner = sharedAddresses[length === octets.length ? start : `${start}:`];
    if (owner !== undefined) return `an address that is shared by ${owner}`;
  }
  return placeholders.find(({ matches }) => matches(octets))?.reason;
}

const placeholders: readonly { readonly matches: (octets: readonly string[]) => boolean; readonly reason: string }[] = [
  { matches: (octets) => new Set(octets).size === 1, reason: "a placeholder: one byte that repeats" },
  { matches: countsUp, reason: "a placeholder: a counting sequence" },
  {
    // Of a maker's number space the first or the last address, or none of a maker's.
    matches: (octets) => /^(?:00){4}|(?:0{6}|f{6})$/.test(octets.join("")),
    reason: "a placeholder: filler instead of a number",
  },
];

/** `00:01:02:03:04:05`, `00:11:22:33:44:55`, `12:34:56:78:90:ab`, `00:12:34:56:78:90` and the like, also backwards. */
function countsUp(octets: readonly string[]): boolean {
  const numbers = octets.map((octet) => Number.parseInt(octet, 16));
  const [step = 0, ...others] = numbers.slice(1).map((number, at) => number - (numbers[at] ?? 0));
  if (others.every((other) => other === step)) return true;
  const [, digits = ""] = /^(?:00)?(.*?)(?:00)?$/.exec(octets.join("")) ?? [];
  return ["01234567890abcdef", "0123456789abcdef", "0987654321"].some((row) => row.repeat(2).includes(digits));
}
