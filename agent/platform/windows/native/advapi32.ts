import { library } from "./library.ts";

/** Tokens, accounts, security descriptors, the registry and the event log. */
export const advapi32 = library(
  "advapi32.dll",
  `
  BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle);
  BOOL GetTokenInformation(HANDLE TokenHandle, ULONG TokenInformationClass, LPVOID TokenInformation,
    DWORD TokenInformationLength, PDWORD ReturnLength);
  BOOL LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, LPDWORD cbSid,
    LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse);
  NTSTATUS LsaOpenPolicy(PLSA_UNICODE_STRING SystemName, PLSA_OBJECT_ATTRIBUTES ObjectAttributes,
    ACCESS_MASK DesiredAccess, PLSA_HANDLE PolicyHandle);
  NTSTATUS LsaQueryInformationPolicy(LSA_HANDLE PolicyHandle, ULONG InformationClass, PVOID *Buffer);
  NTSTATUS LsaLookupSids(LSA_HANDLE PolicyHandle, ULONG Count, PSID *Sids,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names);
  NTSTATUS LsaFreeMemory(PVOID Buffer);
  NTSTATUS LsaClose(LSA_HANDLE ObjectHandle);
  BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor,
    DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
  BOOL GetKernelObjectSecurity(HANDLE Handle, ULONG RequestedInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor,
    DWORD nLength, LPDWORD lpnLengthNeeded);
  BOOL SetFileSecurityW(LPCWSTR lpFileName, ULONG SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor);
  BOOL ImpersonateLoggedOnUser(HANDLE hToken);
  BOOL RevertToSelf(void);
  LSTATUS RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult);
  LSTATUS RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions,
    REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition);
  LSTATUS RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData,
    DWORD cbData);
  LSTATUS RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey);
  LSTATUS RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved,
    LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData);
  LSTATUS RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved,
    LPWSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime);
  LSTATUS RegCloseKey(HKEY hKey);
  HANDLE RegisterEventSourceW(LPCWSTR lpUNCServerName, LPCWSTR lpSourceName);
  BOOL ReportEventW(HANDLE hEventLog, WORD wType, WORD wCategory, DWORD dwEventID, PSID lpUserSid, WORD wNumStrings,
    DWORD dwDataSize, LPCWSTR *lpStrings, LPVOID lpRawData);
  BOOL DeregisterEventSource(HANDLE hEventLog);
`,
);
