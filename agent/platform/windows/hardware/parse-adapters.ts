import { isLocallyAdministered, isVoid, type Mac, macFromOctets } from "../../../identity/mac.ts";
import type { Adapter } from "../../port.ts";
import { type Memory, offsetOf } from "../native/memory.ts";

/** What is read of one IP_ADAPTER_ADDRESSES_LH. */
export interface AddressRow {
  /** Interface index for IPv4, or for IPv6 where the adapter has no IPv4. */
  readonly index: number;
  readonly luid: bigint;
  /** The name that the administrator knows: `Ethernet 2`. */
  readonly name: string;
  readonly hasGateway: boolean;
  readonly ipv4Metric: number;
}

/** What is read of one MIB_IF_ROW2. */
export interface InterfaceRow {
  readonly luid: bigint;
  readonly index: number;
  /** `{4D36E972-…}`, by which the registry knows the adapter. */
  readonly guid: string;
  readonly alias: string;
  readonly description: string;
  readonly mac: Mac | undefined;
  readonly permanentMac: Mac | undefined;
  /** IANA ifType. */
  readonly type: number;
  /** NDIS_PHYSICAL_MEDIUM, ntddndis.h. */
  readonly physicalMedium: number;
  /** Bit 0 HardwareInterface, bit 1 FilterInterface, bit 2 ConnectorPresent. */
  readonly flags: number;
  readonly operational: boolean;
}

const rowLength = 1352;

/** Reads the rows of MIB_IF_TABLE2, netioapi.h, 64-bit layout; a rest that is no whole row is left out. */
export function parseInterfaceRows(bytes: Buffer): readonly InterfaceRow[] {
  const rows: InterfaceRow[] = [];
  for (let start = 0; start + rowLength <= bytes.length; start += rowLength) {
    const row = bytes.subarray(start, start + rowLength);
    const macLength = row.readUInt32LE(1056);
    rows.push({
      luid: row.readBigUInt64LE(0),
      index: row.readUInt32LE(8),
      guid: guidAt(row, 12),
      alias: wideField(row, 28, 257),
      description: wideField(row, 542, 257),
      mac: macLength === 6 ? presentMac(row.subarray(1060, 1066)) : undefined,
      permanentMac: macLength === 6 ? presentMac(row.subarray(1092, 1098)) : undefined,
      type: row.readUInt32LE(1128),
      physicalMedium: row.readUInt32LE(1140),
      flags: row.readUInt8(1152),
      operational: row.readUInt32LE(1156) === 1,
    });
  }
  return rows;
}

/** GUID, guiddef.h: the first three fields little-endian. */
function guidAt(bytes: Buffer, offset: number): string {
  const hex = (start: number, end: number): string => bytes.toString("hex", offset + start, offset + end);
  const little = (start: number, end: number): string =>
    Buffer.from(bytes.subarray(offset + start, offset + end))
      .reverse()
      .toString("hex");
  return `{${little(0, 4)}-${little(4, 6)}-${little(6, 8)}-${hex(8, 10)}-${hex(10, 16)}}`.toUpperCase();
}

function presentMac(octets: Uint8Array): Mac | undefined {
  const mac = macFromOctets(octets);
  return mac === undefined || isVoid(mac) ? undefined : mac;
}

function wideField(row: Buffer, offset: number, units: number): string {
  const text = row.toString("utf16le", offset, offset + 2 * units);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/**
 * Reads the linked list of IP_ADAPTER_ADDRESSES_LH, iptypes.h, 64-bit layout.
 * @returns undefined where a pointer leads outside the memory
 */
export function parseAddressRows(memory: Memory): readonly AddressRow[] | undefined {
  const { bytes } = memory;
  const rows: AddressRow[] = [];
  const seen = new Set<number>();
  for (let start = 0; bytes.length > 0; ) {
    if (start + 232 > bytes.length || seen.has(start)) return undefined;
    seen.add(start);
    const nameAt = offsetOf(memory, bytes.readBigUInt64LE(start + 72));
    rows.push({
      index: bytes.readUInt32LE(start + 4) || bytes.readUInt32LE(start + 112),
      luid: bytes.readBigUInt64LE(start + 224),
      name: nameAt === undefined ? "" : wideField(bytes, nameAt, 257),
      hasGateway: bytes.readBigUInt64LE(start + 208) !== 0n,
      ipv4Metric: bytes.readUInt32LE(start + 216),
    });
    const next = bytes.readBigUInt64LE(start + 8);
    if (next === 0n) break;
    const offset = offsetOf(memory, next);
    if (offset === undefined) return undefined;
    start = offset;
  }
  return rows;
}

/**
 * Joins both tables by the interface's LUID, which is unique and stays.
 * @param best index of the interface that leads to the internet
 * @param busOf names the bus on which the adapter with a GUID is plugged in; undefined where it is not told
 */
export function toAdapters(
  interfaces: readonly InterfaceRow[],
  addresses: readonly AddressRow[],
  best: number | undefined,
  busOf: (guid: string) => string | undefined,
): readonly Adapter[] {
  const routed = addresses
    .filter((row) => row.hasGateway || row.index === best)
    .toSorted((a, b) => Number(b.index === best) - Number(a.index === best) || a.ipv4Metric - b.ipv4Metric)
    .map(({ luid }) => luid);
  return interfaces.filter(isAdapter).map((row) => {
    const address = addresses.find(({ luid }) => luid === row.luid);
    const rank = routed.indexOf(row.luid);
    const bus = busOf(row.guid);
    return {
      name: address?.name || row.alias || row.description,
      mac: row.mac,
      permanentMac: row.permanentMac,
      ...kindOf(row, bus),
      addressAssigned: assignedBy(row),
      detachable: bus === undefined ? /\bUSB/i.test(row.description) : bus === "USB",
      up: row.operational,
      defaultRoute: rank < 0 ? undefined : rank,
    };
  });
}

const filterInterface = 0x02;

/** Filter drivers appear as copies of the adapter that they sit on, under its address; they are no adapters. */
function isAdapter(row: InterfaceRow): boolean {
  return (row.flags & filterInterface) === 0;
}

const hardwareInterface = 0x01;
const connectorPresent = 0x04;

const ifType = { ethernet: 6, ppp: 23, loopback: 24, wifi: 71, tunnel: 131, wwan: [243, 244] } as const;
const bluetoothMedium = 10;
const mobileMedium = 8;

/** Drivers that claim hardware though they are software, by the names their makers give them. */
const softwareNames: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^hyper-v virtual ethernet/i, reason: "Hyper-V switch port" },
  { pattern: /\btap-|\btap adapter|wintun|wireguard|openvpn/i, reason: "VPN adapter" },
  { pattern: /anyconnect|fortinet|globalprotect|pangp|juniper|pulse secure|zscaler|\bvpn\b/i, reason: "VPN adapter" },
  {
    pattern: /^vmware virtual ethernet|virtualbox host-only|^parallels virtual/i,
    reason: "virtual machine host's own",
  },
  { pattern: /loopback/i, reason: "loopback adapter" },
];

/** Buses on which Windows puts devices that software makes. */
const softwareBuses: ReadonlySet<string | undefined> = new Set(["ROOT", "SWD"]);

function kindOf(row: InterfaceRow, bus: string | undefined): Pick<Adapter, "kind" | "kindReason"> {
  const virtual = (kindReason: string) => ({ kind: "virtual" as const, kindReason });
  const other = (kindReason: string) => ({ kind: "other" as const, kindReason });
  if (row.type === ifType.loopback) return { kind: "loopback", kindReason: "loopback" };
  if (row.type === ifType.tunnel || row.type === ifType.ppp) return virtual("tunnel");
  if (row.physicalMedium === bluetoothMedium) return other("Bluetooth");
  if (row.physicalMedium === mobileMedium || ifType.wwan.some((type) => type === row.type))
    return other("mobile modem");
  const software = softwareNames.find(({ pattern }) => pattern.test(row.description));
  if (software !== undefined) return virtual(`${software.reason} (${row.description})`);
  if ((row.flags & hardwareInterface) === 0) return virtual("no hardware behind it");
  if (softwareBuses.has(bus)) return virtual(`made by software (${row.description})`);
  if ((row.flags & connectorPresent) === 0) return virtual("hardware without a connector");
  if (row.type !== ifType.ethernet && row.type !== ifType.wifi) return other(`interface type ${row.type}`);
  return { kind: "physical", kindReason: row.type === ifType.wifi ? "Wi-Fi hardware" : "Ethernet hardware" };
}

function assignedBy({ mac, permanentMac }: InterfaceRow): Adapter["addressAssigned"] {
  if (mac === undefined || permanentMac === undefined) return "unknown";
  if (mac === permanentMac) return "permanent";
  return isLocallyAdministered(mac) ? "random" : "set";
}
