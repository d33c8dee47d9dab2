import { constants, layout, structure } from "../../native-layout.ts";
import { owned } from "../../owned.ts";
import type { Adapter } from "../../port.ts";
import { iphlpapi } from "../native/iphlpapi.ts";
import { ffi } from "../native/library.ts";
import { addressOf, bytesAt, dwordIn, dwordSlot, type Memory, pointerIn, pointerSlot } from "../native/pointers.ts";
import { WindowsError, winError } from "../native/windows-error.ts";
import { readMachineKey } from "../read-registry.ts";
import { adapterInstance } from "./adapter-instance.ts";
import { interfaceRow, parseAddressRows, parseInterfaceRows, toAdapters } from "./parse-adapters.ts";

/** All network adapters. @throws WindowsError */
export function readAdapters(): readonly Adapter[] {
  const addresses = parseAddressRows(adapterAddresses());
  if (addresses === undefined) throw new Error("GetAdaptersAddresses returned a list in an unknown format");
  const instanceOf = (guid: string) => adapterInstance(guid, readMachineKey);
  return toAdapters(parseInterfaceRows(interfaceTable()), addresses, bestInterface(), instanceOf);
}

const family = constants("winsock2.h", { AF_UNSPEC: 0, AF_INET: 2, AF_INET6: 23 });
const gaa = constants("iptypes.h", {
  GAA_FLAG_SKIP_ANYCAST: 0x02,
  GAA_FLAG_SKIP_MULTICAST: 0x04,
  GAA_FLAG_SKIP_DNS_SERVER: 0x08,
  GAA_FLAG_INCLUDE_GATEWAYS: 0x80,
});
const gatewaysAlone = Object.values(gaa).reduce((flags, flag) => flags | flag, 0);
const ifTable = layout("netioapi.h", "MIB_IF_TABLE2", 1360, { NumEntries: [0, "u32"], Table: [8, interfaceRow.size] });
const sockaddrIn = layout("winsock2.h", "struct sockaddr_in", 16, { sin_family: [0, "u16"], sin_addr: [4, 4] });
const sockaddrIn6 = layout("ws2ipdef.h", "struct sockaddr_in6", 28, { sin6_family: [0, "u16"], sin6_addr: [8, 16] });

/** The list as the system wrote it. @throws WindowsError */
export function adapterAddresses(): Memory {
  const length = dwordSlot(16_384);
  // The list may grow between two calls; the system's documentation asks for up to three.
  for (let tries = 0; ; tries += 1) {
    const bytes = Buffer.alloc(dwordIn(length));
    const status = iphlpapi().GetAdaptersAddresses(family.AF_UNSPEC, gatewaysAlone, null, bytes, length);
    if (status === winError.ERROR_NO_DATA) return { bytes: Buffer.alloc(0), base: 0n };
    if (status === 0) return { bytes, base: addressOf(bytes) };
    if (status !== winError.ERROR_BUFFER_OVERFLOW || tries === 4)
      throw new WindowsError("GetAdaptersAddresses", status);
  }
}

/** The rows of the interface table. @throws WindowsError */
export function interfaceTable(): Buffer {
  const slot = pointerSlot();
  const status = iphlpapi().GetIfTable2(slot);
  if (status !== 0) throw new WindowsError("GetIfTable2", status);
  using table = owned(pointerIn(slot), iphlpapi().FreeMibTable);
  const count = ffi().getUint32(table.handle, ifTable.at.NumEntries);
  return bytesAt(table.handle + BigInt(ifTable.at.Table), interfaceRow.size * count);
}

/**
 * The interface that leads to the internet, by the routing table alone: nothing is sent. These addresses belong to no
 * host (RFC 5737, RFC 3849), so only a default route leads there.
 */
function bestInterface(): number | undefined {
  const internet4 = { sin_family: family.AF_INET, sin_addr: Buffer.from([192, 0, 2, 1]) };
  const internet6 = { sin6_family: family.AF_INET6, sin6_addr: Buffer.from("20010db8".padEnd(31, "0") + 1, "hex") };
  return interfaceTo(structure(sockaddrIn, internet4)) ?? interfaceTo(structure(sockaddrIn6, internet6));
}

function interfaceTo(address: Buffer): number | undefined {
  const index = dwordSlot();
  return iphlpapi().GetBestInterfaceEx(address, index) === 0 ? dwordIn(index) : undefined;
}
