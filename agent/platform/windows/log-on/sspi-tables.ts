import { constants, layout } from "../../native-layout.ts";

export const credentialUse = constants("sspi.h", { SECPKG_CRED_OUTBOUND: 2 });
export const drep = constants("sspi.h", { SECURITY_NETWORK_DREP: 0 });
/** Flags of a log-on: requested and granted. */
export const contextRequest = constants("sspi.h", { ISC_REQ_MUTUAL_AUTH: 2, ISC_REQ_CONNECTION: 0x800 });
export const contextResult = constants("sspi.h", { ISC_RET_MUTUAL_AUTH: 2 });
export const contextAttribute = constants("sspi.h", { SECPKG_ATTR_NEGOTIATION_INFO: 12 });
export const bufferType = constants("sspi.h", { SECBUFFER_TOKEN: 2, SECBUFFER_CHANNEL_BINDINGS: 14 });

export const secHandle = layout("sspi.h", "SecHandle", 16, { dwLower: [0, "u64"], dwUpper: [8, "u64"] });
export const timeStamp = layout("sspi.h", "TimeStamp", 8, { QuadPart: [0, 8] });
export const secBuffer = layout("sspi.h", "SecBuffer", 16, {
  cbBuffer: [0, "u32"],
  BufferType: [4, "u32"],
  pvBuffer: [8, "pointer"],
});
export const secBufferDesc = layout("sspi.h", "SecBufferDesc", 16, {
  ulVersion: [0, "u32"],
  cBuffers: [4, "u32"],
  pBuffers: [8, "pointer"],
});
/** Followed by the application's data. */
export const secChannelBindings = layout("sspi.h", "SEC_CHANNEL_BINDINGS", 32, {
  cbApplicationDataLength: [24, "u32"],
  dwApplicationDataOffset: [28, "u32"],
});
export const negotiationInfo = layout("sspi.h", "SecPkgContext_NegotiationInfoW", 16, {
  PackageInfo: [0, "pointer"],
  NegotiationState: [8, "u32"],
});
export const packageInfo = layout("sspi.h", "SecPkgInfoW", 32, { Name: [16, "pointer"] });

/** Return values of SSPI, as unsigned numbers. */
export const sspiStatus = constants("winerror.h", {
  SEC_E_OK: 0,
  SEC_I_CONTINUE_NEEDED: 0x0009_0312,
  SEC_E_TARGET_UNKNOWN: 0x8009_0303,
  SEC_E_INVALID_TOKEN: 0x8009_0308,
  SEC_E_LOGON_DENIED: 0x8009_030c,
  SEC_E_NO_CREDENTIALS: 0x8009_030e,
  SEC_E_NO_AUTHENTICATING_AUTHORITY: 0x8009_0311,
  SEC_E_WRONG_PRINCIPAL: 0x8009_0322,
  SEC_E_TIME_SKEW: 0x8009_0324,
  SEC_E_BAD_BINDINGS: 0x8009_0346,
  SEC_E_MUTUAL_AUTH_FAILED: 0x8009_0363,
});
