import { systemLibrary } from "./system-library.ts";

/** Network adapters and routes. */
export const iphlpapi = systemLibrary("iphlpapi.dll", {
  // ULONG GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved, PIP_ADAPTER_ADDRESSES AdapterAddresses, PULONG SizePointer)
  GetAdaptersAddresses: { arguments: ["uint32", "uint32", "pointer", "pointer", "pointer"], return: "uint32" },
  // DWORD GetIfTable2(PMIB_IF_TABLE2 *Table)
  GetIfTable2: { arguments: ["pointer"], return: "uint32" },
  // void FreeMibTable(PVOID Memory)
  FreeMibTable: { arguments: ["uint64"], return: "void" },
  // DWORD GetExtendedTcpTable(PVOID pTcpTable, PDWORD pdwSize, WINBOOL bOrder, ULONG ulAf, TCP_TABLE_CLASS TableClass, ULONG Reserved)
  GetExtendedTcpTable: {
    arguments: ["pointer", "pointer", "int32", "uint32", "uint32", "uint32"],
    return: "uint32",
  },
  // DWORD GetBestInterfaceEx(struct sockaddr *pDestAddr, PDWORD pdwBestIfIndex)
  GetBestInterfaceEx: { arguments: ["pointer", "pointer"], return: "uint32" },
});
