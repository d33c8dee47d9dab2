import { library } from "./library.ts";

/** Sessions at the screen and over the network. */
export const wtsapi32 = library(
  "wtsapi32.dll",
  `
  BOOL WTSEnumerateSessionsW(HANDLE hServer, DWORD Reserved, DWORD Version, PWTS_SESSION_INFOW *ppSessionInfo,
    DWORD *pCount);
  BOOL WTSQuerySessionInformationW(HANDLE hServer, DWORD SessionId, ULONG WTSInfoClass, LPWSTR *ppBuffer,
    DWORD *pBytesReturned);
  BOOL WTSQueryUserToken(ULONG SessionId, PHANDLE phToken);
  BOOL WTSEnumerateProcessesW(HANDLE hServer, DWORD Reserved, DWORD Version, PWTS_PROCESS_INFOW *ppProcessInfo,
    DWORD *pCount);
  void WTSFreeMemory(PVOID pMemory);
`,
);
