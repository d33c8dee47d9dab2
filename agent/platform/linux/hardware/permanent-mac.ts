import { type Mac, macFromOctets } from "../../../identity/mac.ts";
import { constants, layout, readField, structure } from "../../native-layout.ts";
import { libc } from "../libc.ts";

const { AF_INET, SOCK_DGRAM, SOCK_CLOEXEC } = constants("sys/socket.h", {
  AF_INET: 2,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
});
const { SIOCETHTOOL } = constants("linux/sockios.h", { SIOCETHTOOL: 0x8946n });
const { ETHTOOL_GPERMADDR } = constants("linux/ethtool.h", { ETHTOOL_GPERMADDR: 0x20 });
const ifreq = layout("net/if.h", "struct ifreq", 40, { ifr_name: [0, 16], ifr_data: [16, "pointer"] });
/** The address follows. */
const permanentAddress = layout("linux/ethtool.h", "struct ethtool_perm_addr", 8, {
  cmd: [0, "u32"],
  size: [4, "u32"],
});
const roomForAddress = 32;

/**
 * The addresses burnt into adapters, by name; needs no privilege. Left out if the driver has none, as most virtual
 * ones.
 * @throws AgentError `identity-unreadable` if there is no glibc
 */
export function permanentMacs(adapters: readonly string[]): ReadonlyMap<string, Mac> {
  const macs = new Map<string, Mac>();
  if (adapters.length === 0) return macs;
  const { socket, close } = libc();
  const descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
  const ifr_name = Buffer.from(adapter);
  // A zero byte ends the name.
  if (ifr_name.length >= ifreq.fields.ifr_name[1]) return undefined;
  const asked = structure(permanentAddress, { cmd: ETHTOOL_GPERMADDR, size: roomForAddress });
  const command = Buffer.concat([asked, Buffer.alloc(roomForAddress)]);
  const ifr_data = process.getBuiltinModule("node:ffi").getRawPointer(command);
  if (libc().ioctl(socket, SIOCETHTOOL, structure(ifreq, { ifr_name, ifr_data })) < 0) return undefined;
  const size = readField(permanentAddress, "size", command);
  return macFromOctets(command.subarray(permanentAddress.size).subarray(0, size));
}
