import { assignmentOf, macFromOctets } from "../../../identity/mac.ts";
import { constants, layout, readField } from "../../native-layout.ts";
import type { Adapter } from "../../port.ts";
import { type Memory, offsetOf, wideText } from "../native/pointers.ts";
import { adapterKind, isDetachable, statusFlag } from "./adapter-kind.ts";
import { formatUuid } from "./parse-smbios.ts";

/** The fields of one IP_ADAPTER_ADDRESSES_LH that are used. */
export type AddressRow = NonNullable<ReturnType<typeof parseAddressRows>>[number];

/** The fields of one MIB_IF_ROW2 that are used. */
export type InterfaceRow = ReturnType<typeof parseInterfaceRows>[number];

export const interfaceRow = layout("netioapi.h", "MIB_IF_ROW2", 1352, {
  InterfaceLuid: [0, "u64"],
  InterfaceIndex: [8, "u32"],
  InterfaceGuid: [12, 16],
  Alias: [28, 514],
  Description: [542, 514],
  PhysicalAddressLength: [1056, "u32"],
  PhysicalAddress: [1060, 32],
  PermanentPhysicalAddress: [1092, 32],
  Type: [1128, "u32"],
  PhysicalMediumType: [1140, "u32"],
  InterfaceAndOperStatusFlags: [1152, "u8"],
  OperStatus: [1156, "u32"],
});
const { IfOperStatusUp } = constants("ifdef.h", { IfOperStatusUp: 1 });

/** Reads the rows of MIB_IF_TABLE2; an incomplete last row is ignored. */
export function parseInterfaceRows(bytes: Buffer) {
  const starts = Array.from(
    { length: Math.floor(bytes.length / interfaceRow.size) },
    (_, at) => at * interfaceRow.size,
  );
  return starts.map((start) => {
    const read = <N extends keyof typeof interfaceRow.fields>(name: N) => readField(interfaceRow, name, bytes, start);
    const mac = (octets: Buffer) =>
      read("PhysicalAddressLength") === 6 ? macFromOctets(octets.subarray(0, 6)) : undefined;
    return {
      luid: read("InterfaceLuid"),
      index: read("InterfaceIndex"),
      /** `{4D36E972-…}`, by which the registry knows the adapter. */
      guid: `{${formatUuid(read("InterfaceGuid"), true)}}`.toUpperCase(),
      alias: wideText(read("Alias")),
      description: wideText(read("Description")),
      mac: mac(read("PhysicalAddress")),
      permanentMac: mac(read("PermanentPhysicalAddress")),
      /** IANA ifType. */
      type: read("Type"),
      /** NDIS_PHYSICAL_MEDIUM, ntddndis.h. */
      physicalMedium: read("PhysicalMediumType"),
      /** Bit 0 HardwareInterface, bit 1 FilterInterface, bit 2 ConnectorPresent. */
      flags: read("InterfaceAndOperStatusFlags"),
      operational: read("OperStatus") === IfOperStatusUp,
    };
  });
}

const addressRow = layout("iptypes.h", "IP_ADAPTER_ADDRESSES_LH", 448, {
  IfIndex: [4, "u32"],
  Next: [8, "pointer"],
  FriendlyName: [72, "pointer"],
  Ipv6IfIndex: [108, "u32"],
  FirstGatewayAddress: [208, "pointer"],
  Ipv4Metric: [216, "u32"],
  Ipv6Metric: [220, "u32"],
  Luid: [224, "u64"],
});
/** The size of IP_ADAPTER_ADDRESSES_LH up to the last field that is read. */
const addressRowPart = addressRow.at.Luid + 8;
const maxNameSize = 514;
const maxMetric = 0xffff_ffff;

/**
 * Reads the linked list of IP_ADAPTER_ADDRESSES_LH.
 * @returns undefined if a pointer leads outside the memory
 */
export function parseAddressRows(memory: Memory) {
  const { bytes } = memory;
  const rows = [];
  const seen = new Set<number>();
  for (let start = 0; bytes.length > 0; ) {
    if (start + addressRowPart > bytes.length || seen.has(start)) return undefined;
    seen.add(start);
    const read = <N extends keyof typeof addressRow.fields>(name: N) => readField(addressRow, name, bytes, start);
    const nameAt = offsetOf(memory, read("FriendlyName"));
    // An adapter without IPv4 has the index 0 there, and the other way round.
    const [ipv4, ipv6] = [read("IfIndex"), read("Ipv6IfIndex")];
    const metrics = [ipv4 === 0 ? [] : read("Ipv4Metric"), ipv6 === 0 ? [] : read("Ipv6Metric")].flat();
    rows.push({
      /** For IPv4, or for IPv6 where the adapter has no IPv4. */
      index: ipv4 || ipv6,
      luid: read("Luid"),
      /** The name that the administrator knows: `Ethernet 2`. */
      name: nameAt === undefined ? "" : wideText(bytes.subarray(nameAt, nameAt + maxNameSize)),
      hasGateway: read("FirstGatewayAddress") !== 0n,
      /** The lower one of IPv4 and IPv6. */
      metric: Math.min(maxMetric, ...metrics),
    });
    const next = read("Next");
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
 * @param instanceOf gives the device instance ID of the adapter with a GUID; undefined if Windows keeps none
 */
export function toAdapters(
  interfaces: readonly InterfaceRow[],
  addresses: readonly AddressRow[],
  best: number | undefined,
  instanceOf: (guid: string) => string | undefined,
): readonly Adapter[] {
  const routed = addresses
    .filter((row) => row.hasGateway || row.index === best)
    .toSorted((a, b) => Number(b.index === best) - Number(a.index === best) || a.metric - b.metric)
    .map(({ luid }) => luid);
  return interfaces.filter(isAdapter).map((row) => {
    const address = addresses.find(({ luid }) => luid === row.luid);
    const rank = routed.indexOf(row.luid);
    const instance = instanceOf(row.guid);
    return {
      name: address?.name || row.alias || row.description,
      mac: row.mac,
      permanentMac: row.permanentMac,
      ...adapterKind(row, instance),
      addressAssigned: assignmentOf(row.mac, row.permanentMac),
      detachable: isDetachable(row, instance),
      up: row.operational,
      defaultRoute: rank < 0 ? undefined : rank,
    };
  });
}

/** Filter drivers appear as copies of their adapter, with its address; they are no adapters. */
const isAdapter = (row: InterfaceRow): boolean => (row.flags & statusFlag.FilterInterface) === 0;
