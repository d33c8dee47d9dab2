import { constants, layout, structure } from "../../native-layout.ts";
import { type Owned, owned } from "../../owned.ts";
import { advapi32 } from "../native/advapi32.ts";
import { ffi } from "../native/library.ts";
import { bytesAt, pointerIn, pointerSlot } from "../native/pointers.ts";
import { WindowsError } from "../native/windows-error.ts";
import { maxSidSize, parseSid, type Sid, type SidAuthorities, sidSize } from "./sids.ts";

/** Rights of a policy handle. */
export const policyAccess = constants("ntsecapi.h", {
  POLICY_VIEW_LOCAL_INFORMATION: 0x001,
  POLICY_LOOKUP_NAMES: 0x800,
});
const objectAttributes = layout("ntsecapi.h", "LSA_OBJECT_ATTRIBUTES", 48, { Length: [0, "u32"] });

/** Opens this machine's security policy, without asking another machine. @throws WindowsError */
export function openLocalPolicy(access: number): Owned {
  const slot = pointerSlot();
  const attributes = structure(objectAttributes, { Length: objectAttributes.size });
  const status = advapi32().LsaOpenPolicy(null, attributes, access, slot);
  if (status !== 0) throw new WindowsError("LsaOpenPolicy", status);
  return owned(pointerIn(slot), advapi32().LsaClose);
}

const policyClass = constants("ntsecapi.h", { PolicyPrimaryDomainInformation: 3, PolicyAccountDomainInformation: 5 });
const primaryDomain = layout("ntsecapi.h", "POLICY_PRIMARY_DOMAIN_INFO", 24, { Sid: [16, "pointer"] });
const accountDomain = layout("ntsecapi.h", "POLICY_ACCOUNT_DOMAIN_INFO", 24, { DomainSid: [16, "pointer"] });

/** The SIDs of this machine and its domain, from the machine alone. @throws WindowsError */
export function accountDomains(): SidAuthorities {
  using policy = openLocalPolicy(policyAccess.POLICY_VIEW_LOCAL_INFORMATION);
  return {
    machine: domainSid(policy, policyClass.PolicyAccountDomainInformation, accountDomain.at.DomainSid),
    domain: domainSid(policy, policyClass.PolicyPrimaryDomainInformation, primaryDomain.at.Sid),
  };
}

function domainSid({ handle }: Owned, kind: number, sidAt: number): Sid | undefined {
  const slot = pointerSlot();
  const status = advapi32().LsaQueryInformationPolicy(handle, kind, slot);
  if (status !== 0) throw new WindowsError("LsaQueryInformationPolicy", status);
  using information = owned(pointerIn(slot), advapi32().LsaFreeMemory);
  const sid = ffi().getUint64(information.handle, sidAt);
  if (sid === 0n) return undefined;
  const count = ffi().getUint8(sid, 1);
  return parseSid(bytesAt(sid, Math.min(maxSidSize, sidSize(count))));
}
