import { constants, layout, readField } from "../native-layout.ts";

const tcpTable = layout("tcpmib.h", "MIB_TCPTABLE_OWNER_PID", 28, { dwNumEntries: [0, "u32"], table: [4, 24] });
const tcpRow = layout("tcpmib.h", "MIB_TCPROW_OWNER_PID", 24, {
  dwLocalAddr: [4, 4],
  dwLocalPort: [8, 4],
  dwOwningPid: [20, "u32"],
});
const tcp6Table = layout("tcpmib.h", "MIB_TCP6TABLE_OWNER_PID", 60, { dwNumEntries: [0, "u32"], table: [4, 56] });
const tcp6Row = layout("tcpmib.h", "MIB_TCP6ROW_OWNER_PID", 56, {
  ucLocalAddr: [0, 16],
  dwLocalPort: [20, 4],
  dwOwningPid: [52, "u32"],
});
/** Address families, with what GetExtendedTcpTable lists for each. */
export const family = constants("winsock2.h", { AF_INET: 2, AF_INET6: 23 });

/** Addresses, in hex, at which a connection to 127.0.0.1 arrives: all of IPv4, loopback, and all of both families. */
const reached: ReadonlySet<string> = new Set([
  "00000000",
  "7f000001",
  "0".repeat(32),
  `${"0".repeat(20)}ffff00000000`,
  `${"0".repeat(20)}ffff7f000001`,
]);

/**
 * Processes that listen where a connection to a port of 127.0.0.1 may arrive; several may share one.
 * @param bytes of TCP_TABLE_OWNER_PID_LISTENER for the family; an incomplete last row is ignored
 */
export function listenersAt(port: number, bytes: Buffer, of: 2 | 23): readonly number[] {
  const [table, row] = of === family.AF_INET ? [tcpTable, tcpRow] : [tcp6Table, tcp6Row];
  const first = table.at.table;
  if (bytes.length < first) return [];
  const count = Math.min(bytes.readUInt32LE(table.at.dwNumEntries), Math.floor((bytes.length - first) / row.size));
  const processes = new Set<number>();
  for (let at = first; at < first + count * row.size; at += row.size) {
    const address =
      of === family.AF_INET
        ? readField(tcpRow, "dwLocalAddr", bytes, at)
        : readField(tcp6Row, "ucLocalAddr", bytes, at);
    // In the order of the network, in the first two bytes.
    const own = bytes.readUInt16BE(at + row.at.dwLocalPort);
    if (own === port && reached.has(address.toString("hex")))
      processes.add(bytes.readUInt32LE(at + row.at.dwOwningPid));
  }
  return [...processes];
}
