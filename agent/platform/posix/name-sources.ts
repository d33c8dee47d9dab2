import { constants, layout, layoutUpTo, prototypes, readField } from "../native-layout.ts";
import { owned } from "../owned.ts";

type Ffi = typeof import("node:ffi");

/** macOS also has pw_change, pw_class and pw_expire. */
export const passwd = layoutUpTo("pwd.h", "struct passwd", 72, {
  pw_name: [0, "pointer"],
  pw_uid: [16, "u32"],
  pw_gid: [20, "u32"],
});

/** What a source says of a lookup. */
const status = constants("nss.h", { NSS_STATUS_SUCCESS: 1, NSS_STATUS_TRYAGAIN: -2 });
/** Each source has a function of this kind: glibc, "NSS Modules". */
const { _nss_files_getpwuid_r: getUser } = prototypes(
  "libnss_files.so.2",
  "int _nss_files_getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, int *errnop);",
);
const maxEntry = 1024 * 1024;

/**
 * The first of some NSS sources that knows a user ID: the one whose answer getpwuid_r(3) gives. A source whose library
 * can't be opened knows no users.
 */
export function sourceOf(ffi: Ffi, uid: number, sources: readonly string[]): string | undefined {
  return sources.find((source) => knows(ffi, source, uid));
}

function knows(ffi: Ffi, source: string, uid: number): boolean {
  if (!/^\w+$/.test(source)) return false;
  const name = `_nss_${source}_getpwuid_r`;
  let lookUp: (uid: number, entry: Buffer, texts: Buffer, size: bigint, errno: Buffer) => number;
  try {
    lookUp = ffi.dlopen(`libnss_${source}.so.2`, { [name]: getUser }).functions[name] as typeof lookUp;
  } catch {
    return false;
  }
  for (let size = 4096; size <= maxEntry; size *= 4) {
    const answer = lookUp(uid, Buffer.alloc(passwd.size), Buffer.alloc(size), BigInt(size), Buffer.alloc(4));
    if (answer !== status.NSS_STATUS_TRYAGAIN) return answer === status.NSS_STATUS_SUCCESS;
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

const interfaceDetails = layout("wbclient.h", "struct wbcInterfaceDetails", 48, {
  winbind_separator: [16, "u8"],
  netbios_domain: [32, "pointer"],
});
const winbind = prototypes(
  "libwbclient.so.0",
  "wbcErr wbcInterfaceDetails(struct wbcInterfaceDetails **details); void wbcFreeMemory(void *memory);",
);

/** Winbind's separator (`wbinfo --separator`); undefined if winbindd can't be asked. */
export function winbindNames(ffi: Ffi): WinbindNames | undefined {
  try {
    const { wbcInterfaceDetails, wbcFreeMemory } = ffi.dlopen("libwbclient.so.0", winbind).functions;
    const result = Buffer.alloc(8);
    if (wbcInterfaceDetails(result) !== 0) return undefined;
    using details = owned(result.readBigUInt64LE(), wbcFreeMemory);
    const bytes = ffi.toBuffer(details.handle, interfaceDetails.size, true);
    const separator = String.fromCharCode(readField(interfaceDetails, "winbind_separator", bytes));
    return { separator, domain: ffi.toString(readField(interfaceDetails, "netbios_domain", bytes)) ?? "" };
  } catch {
    return undefined;
  }
}
