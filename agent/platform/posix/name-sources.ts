type Ffi = typeof import("node:ffi");

/** nss.h: what a source says of a lookup. */
const NSS_STATUS_SUCCESS = 1;
const NSS_STATUS_TRYAGAIN = -2;
/** struct passwd of glibc has 48 bytes. */
const passwdSize = 48;
const maxEntry = 1024 * 1024;

/**
 * The first of some NSS sources that knows a user ID: the one whose answer getpwuid_r(3) gives. A source whose library
 * can't be opened knows nobody.
 */
export function sourceOf(ffi: Ffi, uid: number, sources: readonly string[]): string | undefined {
  return sources.find((source) => knows(ffi, source, uid));
}

function knows(ffi: Ffi, source: string, uid: number): boolean {
  if (!/^\w+$/.test(source)) return false;
  const name = `_nss_${source}_getpwuid_r`;
  // enum nss_status _nss_SOURCE_getpwuid_r(uid_t, struct passwd *, char *, size_t, int *errnop);  glibc, "NSS Modules"
  const signature = { arguments: ["uint32", "buffer", "buffer", "uint64", "buffer"], return: "int32" } as const;
  let lookUp: (uid: number, entry: Buffer, texts: Buffer, size: bigint, errno: Buffer) => number;
  try {
    lookUp = ffi.dlopen(`libnss_${source}.so.2`, { [name]: signature }).functions[name] as typeof lookUp;
  } catch {
    return false;
  }
  for (let size = 4096; size <= maxEntry; size *= 4) {
    const status = lookUp(uid, Buffer.alloc(passwdSize), Buffer.alloc(size), BigInt(size), Buffer.alloc(4));
    if (status !== NSS_STATUS_TRYAGAIN) return status === NSS_STATUS_SUCCESS;
  }
  return false;
}

/** How winbind writes names. */
export interface WinbindNames {
  /** Between domain and name: one character, `\` unless smb.conf says otherwise. */
  readonly separator: string;
  /** NetBIOS name of the domain that this machine has joined. */
  readonly domain: string;
}

/** wbclient.h, struct wbcInterfaceDetails on LP64: after version number and text. */
const separatorAt = 16;
const domainAt = 32;
const detailsSize = 48;

/** What winbindd says of itself (`wbinfo --separator`); undefined where it can't be asked. */
export function winbindNames(ffi: Ffi): WinbindNames | undefined {
  try {
    const { wbcInterfaceDetails, wbcFreeMemory } = ffi.dlopen("libwbclient.so.0", {
      // wbcErr wbcInterfaceDetails(struct wbcInterfaceDetails **details);
      wbcInterfaceDetails: { arguments: ["buffer"], return: "int32" },
      // void wbcFreeMemory(void *);
      wbcFreeMemory: { arguments: ["pointer"], return: "void" },
    }).functions;
    const result = Buffer.alloc(8);
    if (wbcInterfaceDetails(result) !== 0) return undefined;
    const details = result.readBigUInt64LE();
    try {
      const bytes = ffi.toBuffer(details, detailsSize, true);
      const separator = String.fromCharCode(bytes.readUInt8(separatorAt));
      return { separator, domain: ffi.toString(bytes.readBigUInt64LE(domainAt)) ?? "" };
    } finally {
      wbcFreeMemory(details);
    }
  } catch {
    return undefined;
  }
}
