import { systemLibrary } from "./system-library.ts";

/** Tokens, accounts, security descriptors, the registry and the event log. */
export const advapi32 = systemLibrary("advapi32.dll", {
  // BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)
  OpenProcessToken: { arguments: ["uint64", "uint32", "pointer"], return: "int32" },
  // BOOL GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength)
  GetTokenInformation: { arguments: ["uint64", "uint32", "pointer", "uint32", "pointer"], return: "int32" },
  // BOOL LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, LPDWORD cchName, LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse)
  LookupAccountSidW: {
    arguments: ["pointer", "pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // BOOL LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, LPDWORD cbSid, LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse)
  LookupAccountNameW: {
    arguments: ["pointer", "pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // NTSTATUS LsaOpenPolicy(PLSA_UNICODE_STRING SystemName, PLSA_OBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess, PLSA_HANDLE PolicyHandle)
  LsaOpenPolicy: { arguments: ["pointer", "pointer", "uint32", "pointer"], return: "int32" },
  // NTSTATUS LsaQueryInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_INFORMATION_CLASS InformationClass, PVOID *Buffer)
  LsaQueryInformationPolicy: { arguments: ["uint64", "uint32", "pointer"], return: "int32" },
  // NTSTATUS LsaLookupSids(LSA_HANDLE PolicyHandle, ULONG Count, PSID *Sids, PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names)
  LsaLookupSids: { arguments: ["uint64", "uint32", "pointer", "pointer", "pointer"], return: "int32" },
  // NTSTATUS LsaFreeMemory(PVOID Buffer)
  LsaFreeMemory: { arguments: ["uint64"], return: "int32" },
  // NTSTATUS LsaClose(LSA_HANDLE ObjectHandle)
  LsaClose: { arguments: ["uint64"], return: "int32" },
  // BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize)
  ConvertStringSecurityDescriptorToSecurityDescriptorW: {
    arguments: ["pointer", "uint32", "pointer", "pointer"],
    return: "int32",
  },
  // BOOL GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION RequestedInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD nLength, LPDWORD lpnLengthNeeded)
  GetKernelObjectSecurity: { arguments: ["uint64", "uint32", "pointer", "uint32", "pointer"], return: "int32" },
  // BOOL SetFileSecurityW(LPCWSTR lpFileName, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)
  SetFileSecurityW: { arguments: ["pointer", "uint32", "uint64"], return: "int32" },
  // BOOL ImpersonateLoggedOnUser(HANDLE hToken)
  ImpersonateLoggedOnUser: { arguments: ["uint64"], return: "int32" },
  // BOOL RevertToSelf(void)
  RevertToSelf: { arguments: [], return: "int32" },
  // LSTATUS RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult)
  RegOpenKeyExW: { arguments: ["uint64", "pointer", "uint32", "uint32", "pointer"], return: "int32" },
  // LSTATUS RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions, REGSAM samDesired, const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition)
  RegCreateKeyExW: {
    arguments: ["uint64", "pointer", "uint32", "pointer", "uint32", "uint32", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // LSTATUS RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData)
  RegSetValueExW: { arguments: ["uint64", "pointer", "uint32", "uint32", "pointer", "uint32"], return: "int32" },
  // LSTATUS RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey)
  RegDeleteTreeW: { arguments: ["uint64", "pointer"], return: "int32" },
  // LSTATUS RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
  RegQueryValueExW: {
    arguments: ["uint64", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // LSTATUS RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
  RegEnumValueW: {
    arguments: ["uint64", "uint32", "pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // LSTATUS RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved, LPWSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime)
  RegEnumKeyExW: {
    arguments: ["uint64", "uint32", "pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // LSTATUS RegCloseKey(HKEY hKey)
  RegCloseKey: { arguments: ["uint64"], return: "int32" },
  // HANDLE RegisterEventSourceW(LPCWSTR lpUNCServerName, LPCWSTR lpSourceName)
  RegisterEventSourceW: { arguments: ["pointer", "pointer"], return: "uint64" },
  // BOOL ReportEventW(HANDLE hEventLog, WORD wType, WORD wCategory, DWORD dwEventID, PSID lpUserSid, WORD wNumStrings, DWORD dwDataSize, LPCWSTR *lpStrings, LPVOID lpRawData)
  ReportEventW: {
    arguments: ["uint64", "uint16", "uint16", "uint32", "pointer", "uint16", "uint32", "pointer", "pointer"],
    return: "int32",
  },
  // BOOL DeregisterEventSource(HANDLE hEventLog)
  DeregisterEventSource: { arguments: ["uint64"], return: "int32" },
});
