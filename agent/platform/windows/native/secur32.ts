import { systemLibrary } from "./system-library.ts";

/** Logon sessions and the names of their users; log-ons at servers (SSPI). A SecHandle is 16 bytes, passed by address. */
export const secur32 = systemLibrary("secur32.dll", {
  // NTSTATUS LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData)
  LsaGetLogonSessionData: { arguments: ["pointer", "pointer"], return: "int32" },
  // NTSTATUS LsaFreeReturnBuffer(PVOID Buffer)
  LsaFreeReturnBuffer: { arguments: ["uint64"], return: "int32" },
  // BOOLEAN GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
  GetUserNameExW: { arguments: ["uint32", "pointer", "pointer"], return: "uint8" },
  // SECURITY_STATUS AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, unsigned long fCredentialUse, void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry)
  AcquireCredentialsHandleW: {
    arguments: ["pointer", "pointer", "uint32", "pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    return: "int32",
  },
  // SECURITY_STATUS InitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext, SEC_WCHAR *pszTargetName, unsigned long fContextReq, unsigned long Reserved1, unsigned long TargetDataRep, PSecBufferDesc pInput, unsigned long Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, unsigned long *pfContextAttr, PTimeStamp ptsExpiry)
  InitializeSecurityContextW: {
    arguments: [
      ...(["pointer", "pointer", "pointer", "uint32", "uint32", "uint32"] as const),
      ...(["pointer", "uint32", "pointer", "pointer", "pointer", "pointer"] as const),
    ],
    return: "int32",
  },
  // SECURITY_STATUS CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken)
  CompleteAuthToken: { arguments: ["pointer", "pointer"], return: "int32" },
  // SECURITY_STATUS QueryContextAttributesW(PCtxtHandle phContext, unsigned long ulAttribute, void *pBuffer)
  QueryContextAttributesW: { arguments: ["pointer", "uint32", "pointer"], return: "int32" },
  // SECURITY_STATUS FreeContextBuffer(void *pvContextBuffer)
  FreeContextBuffer: { arguments: ["uint64"], return: "int32" },
  // SECURITY_STATUS DeleteSecurityContext(PCtxtHandle phContext)
  DeleteSecurityContext: { arguments: ["pointer"], return: "int32" },
  // SECURITY_STATUS FreeCredentialsHandle(PCredHandle phCredential)
  FreeCredentialsHandle: { arguments: ["pointer"], return: "int32" },
});
