import type { Adapter } from "../../port.ts";
import { iphlpapi } from "../native/iphlpapi.ts";
import { ffi } from "../native/library.ts";
import { addressOf, bytesAt, dwordIn, dwordSlot, type Memory, pointerIn, pointerSlot } from "../native/memory.ts";
import { WindowsError } from "../native/windows-error.ts";
import { readMachineKey } from "../read-registry.ts";
import { adapterBus } from "./adapter-bus.ts";
import { parseAddressRows, parseInterfaceRows, toAdapters } from "./parse-adapters.ts";

/** All network adapters. @throws WindowsError */
export function readAdapters(): readonly Adapter[] {
  const addresses = parseAddressRows(adapterAddresses());
  if (addresses === undefined) throw new Error("GetAdaptersAddresses gave a list of an unknown shape");
  const busOf = (guid: string) => adapterBus(guid, readMachineKey);
  return toAdapters(parseInterfaceRows(interfaceTable()), addresses, bestInterface(), busOf);
}

const anyFamily = 0;
/** Without anycast, multicast and DNS server addresses; with gateways. */
const gatewaysAlone = 0x02 | 0x04 | 0x08 | 0x80;
const bufferOverflow = 111;
const noData = 232;

/** The list as the system wrote it. @throws WindowsError */
export function adapterAddresses(): Memory {
  const length = dwordSlot(16_384);
  // The list may grow between two calls; the system's documentation asks for up to three.
  for (let tries = 0; ; tries += 1) {
    const bytes = Buffer.alloc(dwordIn(length));
    const status = iphlpapi().GetAdaptersAddresses(anyFamily, gatewaysAlone, null, bytes, length);
    if (status === noData) return { bytes: Buffer.alloc(0), base: 0n };
    if (status === 0) return { bytes, base: addressOf(bytes) };
    if (status !== bufferOverflow || tries === 4) throw new WindowsError("GetAdaptersAddresses", status);
  }
}

const rowLength = 1352;

/** The rows of the interface table. @throws WindowsError */
export function interfaceTable(): Buffer {
  const slot = pointerSlot();
  const status = iphlpapi().GetIfTable2(slot);
  if (status !== 0) throw new WindowsError("GetIfTable2", status);
  const table = pointerIn(slot);
  try {
    return bytesAt(table + 8n, rowLength * ffi().getUint32(table, 0));
  } finally {
    iphlpapi().FreeMibTable(table);
  }
}

/**
 * The interface that leads to the internet, by the routing table alone: nothing is sent. The addresses belong to no
 * host of any network (RFC 5737, RFC 3849), so only a default route leads there.
 */
function bestInterface(): number | undefined {
  return interfaceTo(internet4(192, 0, 2, 1)) ?? interfaceTo(documentation6());
}

function interfaceTo(address: Buffer): number | undefined {
  const index = dwordSlot();
  return iphlpapi().GetBestInterfaceEx(address, index) === 0 ? dwordIn(index) : undefined;
}

/** struct sockaddr_in: family 2, address at +4. */
function internet4(...octets: readonly number[]): Buffer {
  return Buffer.from([2, 0, 0, 0, ...octets, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/** struct sockaddr_in6 of 2001:db8::1: family 23, address at +8. */
function documentation6(): Buffer {
  const address = Buffer.alloc(28);
  address.writeUInt16LE(23, 0);
  address.set([0x20, 0x01, 0x0d, 0xb8], 8);
  address[23] = 1;
  return address;
}
