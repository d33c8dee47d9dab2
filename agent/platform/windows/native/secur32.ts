import { library } from "./library.ts";

/** Logon sessions and the names of their users; log-ons at servers (SSPI). A SecHandle is 16 bytes, passed by address. */
export const secur32 = library(
  "secur32.dll",
  `
  NTSTATUS LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData);
  NTSTATUS LsaFreeReturnBuffer(PVOID Buffer);
  BOOLEAN GetUserNameExW(ULONG NameFormat, LPWSTR lpNameBuffer, PULONG nSize);
  SECURITY_STATUS AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse,
    void *pvLogonId, void *pAuthData, PVOID pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
    PTimeStamp ptsExpiry);
  SECURITY_STATUS InitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext,
    SEC_WCHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
  SECURITY_STATUS QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer);
  SECURITY_STATUS FreeContextBuffer(void *pvContextBuffer);
  SECURITY_STATUS DeleteSecurityContext(PCtxtHandle phContext);
  SECURITY_STATUS FreeCredentialsHandle(PCredHandle phCredential);
`,
);
