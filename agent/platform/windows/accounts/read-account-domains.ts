import { constants, layout } from "../../native-layout.ts";
import { advapi32 } from "../native/advapi32.ts";
import { ffi } from "../native/library.ts";
import { bytesAt, pointerIn, pointerSlot } from "../native/pointers.ts";
import { WindowsError } from "../native/windows-error.ts";
import { openLocalPolicy, policyAccess } from "./local-policy.ts";
import { maxSidSize, parseSid, type Sid, type SidAuthorities, sidSize } from "./sids.ts";

const policyClass = constants("ntsecapi.h", { PolicyPrimaryDomainInformation: 3, PolicyAccountDomainInformation: 5 });
const primaryDomain = layout("ntsecapi.h", "POLICY_PRIMARY_DOMAIN_INFO", 24, { Sid: [16, "pointer"] });
const accountDomain = layout("ntsecapi.h", "POLICY_ACCOUNT_DOMAIN_INFO", 24, { DomainSid: [16, "pointer"] });

/** Under which SIDs this machine and its domain number their accounts; asks the machine alone. @throws WindowsError */
export function accountDomains(): SidAuthorities {
  const policy = openLocalPolicy(policyAccess.POLICY_VIEW_LOCAL_INFORMATION);
  try {
    return {
      machine: domainSid(policy, policyClass.PolicyAccountDomainInformation, accountDomain.at.DomainSid),
      domain: domainSid(policy, policyClass.PolicyPrimaryDomainInformation, primaryDomain.at.Sid),
    };
  } finally {
    advapi32().LsaClose(policy);
  }
}

function domainSid(policy: bigint, kind: number, sidAt: number): Sid | undefined {
  const slot = pointerSlot();
  const status = advapi32().LsaQueryInformationPolicy(policy, kind, slot);
  if (status !== 0) throw new WindowsError("LsaQueryInformationPolicy", status);
  const information = pointerIn(slot);
  try {
    return sidAtPointer(ffi().getUint64(information, sidAt));
  } finally {
    advapi32().LsaFreeMemory(information);
  }
}

function sidAtPointer(pointer: bigint): Sid | undefined {
  if (pointer === 0n) return undefined;
  const count = ffi().getUint8(pointer, 1);
  return parseSid(bytesAt(pointer, Math.min(maxSidSize, sidSize(count))));
}
