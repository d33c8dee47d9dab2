import { library } from "./library.ts";

/** Network adapters and routes. */
export const iphlpapi = library(
  "iphlpapi.dll",
  `
  ULONG GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved, PIP_ADAPTER_ADDRESSES AdapterAddresses,
    PULONG SizePointer);
  DWORD GetIfTable2(PMIB_IF_TABLE2 *Table);
  void FreeMibTable(PVOID Memory);
  DWORD GetExtendedTcpTable(PVOID pTcpTable, PDWORD pdwSize, BOOL bOrder, ULONG ulAf, ULONG TableClass,
    ULONG Reserved);
  DWORD GetBestInterfaceEx(struct sockaddr *pDestAddr, PDWORD pdwBestIfIndex);
`,
);
