import { isVoid, type Mac, macFromOctets } from "../../../identity/mac.ts";
import { libc } from "../libc.ts";

/** socket(2), linux/sockios.h, linux/ethtool.h */
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCETHTOOL = 0x8946n;
const ETHTOOL_GPERMADDR = 0x20;

/** struct ifreq: ifr_name[16], then a union that holds the pointer; 40 bytes on LP64. */
const ifreqSize = 40;
const dataPointerAt = 16;
const longestAdapterName = 15;

/** struct ethtool_perm_addr: __u32 cmd, __u32 size, __u8 data[] */
const sizeAt = 4;
const addressAt = 8;
const roomForAddress = 32;

/**
 * The addresses burnt into adapters, by name; needs no privilege. Left out where the driver keeps none, as most virtual
 * ones do.
 * @throws AgentError `identity-unreadable` where there is no glibc
 */
export function permanentMacs(adapters: readonly string[]): ReadonlyMap<string, Mac> {
  const macs = new Map<string, Mac>();
  if (adapters.length === 0) return macs;
  const { socket, close } = libc();
  const descriptor = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (descriptor < 0) return macs;
  try {
    for (const adapter of adapters) {
      const mac = permanentMac(descriptor, adapter);
      if (mac !== undefined) macs.set(adapter, mac);
    }
  } finally {
    close(descriptor);
  }
  return macs;
}

function permanentMac(socket: number, adapter: string): Mac | undefined {
  if (Buffer.byteLength(adapter) > longestAdapterName) return undefined;
  const command = Buffer.alloc(addressAt + roomForAddress);
  command.writeUInt32LE(ETHTOOL_GPERMADDR);
  command.writeUInt32LE(roomForAddress, sizeAt);
  const request = Buffer.alloc(ifreqSize);
  request.write(adapter);
  request.writeBigUInt64LE(process.getBuiltinModule("node:ffi").getRawPointer(command), dataPointerAt);
  if (libc().ioctl(socket, SIOCETHTOOL, request) < 0) return undefined;
  const mac = macFromOctets(command.subarray(addressAt, addressAt + command.readUInt32LE(sizeAt)));
  return mac === undefined || isVoid(mac) ? undefined : mac;
}
