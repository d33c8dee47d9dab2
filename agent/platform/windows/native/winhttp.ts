import { systemLibrary } from "./system-library.ts";

/** Proxies: the machine's, this user's, and those of a PAC script. */
export const winhttp = systemLibrary("winhttp.dll", {
  // HINTERNET WinHttpOpen(LPCWSTR pszAgentW, DWORD dwAccessType, LPCWSTR pszProxyW, LPCWSTR pszProxyBypassW, DWORD dwFlags)
  WinHttpOpen: { arguments: ["pointer", "uint32", "pointer", "pointer", "uint32"], return: "uint64" },
  // BOOL WinHttpCloseHandle(HINTERNET hInternet)
  WinHttpCloseHandle: { arguments: ["uint64"], return: "int32" },
  // BOOL WinHttpSetTimeouts(HINTERNET hInternet, int nResolveTimeout, int nConnectTimeout, int nSendTimeout, int nReceiveTimeout)
  WinHttpSetTimeouts: { arguments: ["uint64", "int32", "int32", "int32", "int32"], return: "int32" },
  // BOOL WinHttpGetDefaultProxyConfiguration(WINHTTP_PROXY_INFO *pProxyInfo)
  WinHttpGetDefaultProxyConfiguration: { arguments: ["pointer"], return: "int32" },
  // BOOL WinHttpGetIEProxyConfigForCurrentUser(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *pProxyConfig)
  WinHttpGetIEProxyConfigForCurrentUser: { arguments: ["pointer"], return: "int32" },
  // BOOL WinHttpGetProxyForUrl(HINTERNET hSession, LPCWSTR lpcwszUrl, WINHTTP_AUTOPROXY_OPTIONS *pAutoProxyOptions, WINHTTP_PROXY_INFO *pProxyInfo)
  WinHttpGetProxyForUrl: { arguments: ["uint64", "pointer", "pointer", "pointer"], return: "int32" },
});
