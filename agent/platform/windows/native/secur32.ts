import { systemLibrary } from "./system-library.ts";

/** Logon sessions and the names of their users. */
export const secur32 = systemLibrary("secur32.dll", {
  // NTSTATUS LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData)
  LsaGetLogonSessionData: { arguments: ["pointer", "pointer"], return: "int32" },
  // NTSTATUS LsaFreeReturnBuffer(PVOID Buffer)
  LsaFreeReturnBuffer: { arguments: ["uint64"], return: "int32" },
  // BOOLEAN GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
  GetUserNameExW: { arguments: ["uint32", "pointer", "pointer"], return: "uint8" },
});
