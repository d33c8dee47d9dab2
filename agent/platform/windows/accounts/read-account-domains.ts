import { advapi32 } from "../native/advapi32.ts";
import { ffi } from "../native/library.ts";
import { bytesAt, pointerIn, pointerSlot } from "../native/memory.ts";
import { WindowsError } from "../native/windows-error.ts";
import { parseSid, type Sid, type SidAuthorities } from "./sids.ts";

const viewLocalInformation = 1;
/** POLICY_INFORMATION_CLASS, ntsecapi.h. Both structures: a name (UNICODE_STRING), then at +16 a pointer to a SID. */
const policyClass = { primaryDomain: 3, accountDomain: 5 } as const;
const sidPointerOffset = 16;
const longestSid = 68;

/** Under which SIDs this machine and its domain number their accounts; asks the machine alone. @throws WindowsError */
export function accountDomains(): SidAuthorities {
  const slot = pointerSlot();
  const attributes = Buffer.alloc(48);
  attributes.writeUInt32LE(attributes.length, 0);
  const status = advapi32().LsaOpenPolicy(null, attributes, viewLocalInformation, slot);
  if (status !== 0) throw new WindowsError("LsaOpenPolicy", status);
  const policy = pointerIn(slot);
  try {
    return {
      machine: domainSid(policy, policyClass.accountDomain),
      domain: domainSid(policy, policyClass.primaryDomain),
    };
  } finally {
    advapi32().LsaClose(policy);
  }
}

function domainSid(policy: bigint, kind: number): Sid | undefined {
  const slot = pointerSlot();
  const status = advapi32().LsaQueryInformationPolicy(policy, kind, slot);
  if (status !== 0) throw new WindowsError("LsaQueryInformationPolicy", status);
  const information = pointerIn(slot);
  try {
    const sid = ffi().getUint64(information, sidPointerOffset);
    if (sid === 0n) return undefined;
    const count = ffi().getUint8(sid, 1);
    return parseSid(bytesAt(sid, Math.min(longestSid, 8 + 4 * count)));
  } finally {
    advapi32().LsaFreeMemory(information);
  }
}
