import { systemLibrary } from "./system-library.ts";

/** Groups of an account that is not logged on. */
export const netapi32 = systemLibrary("netapi32.dll", {
  // NET_API_STATUS NetUserGetGroups(LPCWSTR servername, LPCWSTR username, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen, LPDWORD entriesread, LPDWORD totalentries)
  NetUserGetGroups: {
    arguments: ["pointer", "pointer", "uint32", "pointer", "uint32", "pointer", "pointer"],
    return: "uint32",
  },
  // NET_API_STATUS NetUserGetLocalGroups(LPCWSTR servername, LPCWSTR username, DWORD level, DWORD flags, LPBYTE *bufptr, DWORD prefmaxlen, LPDWORD entriesread, LPDWORD totalentries)
  NetUserGetLocalGroups: {
    arguments: ["pointer", "pointer", "uint32", "uint32", "pointer", "uint32", "pointer", "pointer"],
    return: "uint32",
  },
  // DWORD DsGetDcNameW(LPCWSTR ComputerName, LPCWSTR DomainName, GUID *DomainGuid, LPCWSTR SiteName, ULONG Flags, PDOMAIN_CONTROLLER_INFOW *DomainControllerInfo)
  DsGetDcNameW: { arguments: ["pointer", "pointer", "pointer", "pointer", "uint32", "pointer"], return: "uint32" },
  // NET_API_STATUS NetApiBufferFree(LPVOID Buffer)
  NetApiBufferFree: { arguments: ["uint64"], return: "uint32" },
});
