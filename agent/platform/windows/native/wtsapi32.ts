import { systemLibrary } from "./system-library.ts";

/** Sessions at the screen and over the network. */
export const wtsapi32 = systemLibrary("wtsapi32.dll", {
  // BOOL WTSEnumerateSessionsW(HANDLE hServer, DWORD Reserved, DWORD Version, PWTS_SESSION_INFOW *ppSessionInfo, DWORD *pCount)
  WTSEnumerateSessionsW: { arguments: ["uint64", "uint32", "uint32", "pointer", "pointer"], return: "int32" },
  // BOOL WTSQuerySessionInformationW(HANDLE hServer, DWORD SessionId, WTS_INFO_CLASS WTSInfoClass, LPWSTR *ppBuffer, DWORD *pBytesReturned)
  WTSQuerySessionInformationW: { arguments: ["uint64", "uint32", "uint32", "pointer", "pointer"], return: "int32" },
  // BOOL WTSQueryUserToken(ULONG SessionId, PHANDLE phToken)
  WTSQueryUserToken: { arguments: ["uint32", "pointer"], return: "int32" },
  // BOOL WTSEnumerateProcessesW(HANDLE hServer, DWORD Reserved, DWORD Version, PWTS_PROCESS_INFOW *ppProcessInfo, DWORD *pCount)
  WTSEnumerateProcessesW: { arguments: ["uint64", "uint32", "uint32", "pointer", "pointer"], return: "int32" },
  // void WTSFreeMemory(PVOID pMemory)
  WTSFreeMemory: { arguments: ["uint64"], return: "void" },
});
