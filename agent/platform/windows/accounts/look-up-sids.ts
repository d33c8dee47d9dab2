import type { MakeCalls } from "../../native-calls.ts";
import { constants, layout } from "../../native-layout.ts";
import { bytesIn, lending, nativeCall } from "../bounded-calls.ts";
import { advapi32 } from "../native/advapi32.ts";
import { ffi } from "../native/library.ts";
import { addressOf, pointerIn, pointerSlot, unicodeStringAt } from "../native/pointers.ts";
import { WindowsError } from "../native/windows-error.ts";
import { openLocalPolicy, policyAccess } from "./read-local-policy.ts";
import { encodeSid, type Sid } from "./sids.ts";

/** SID_NAME_USE: what a SID names. */
export const nameUse = constants("winnt.h", {
  SidTypeUser: 1,
  SidTypeGroup: 2,
  SidTypeDomain: 3,
  SidTypeAlias: 4,
  SidTypeWellKnownGroup: 5,
  SidTypeDeletedAccount: 6,
  SidTypeInvalid: 7,
  SidTypeUnknown: 8,
  SidTypeComputer: 9,
});

/** An account or a group as the machine or a domain controller names it. */
export interface NamedSid {
  readonly name: string;
  /** NetBIOS name of the domain or of the machine; empty for some well-known ones. */
  readonly domain: string;
  /** One of {@link nameUse}, or another number of that enumeration. */
  readonly use: number;
}

const referencedDomains = layout("ntsecapi.h", "LSA_REFERENCED_DOMAIN_LIST", 16, {
  Entries: [0, "u32"],
  Domains: [8, "pointer"],
});
const trustInformation = layout("ntsecapi.h", "LSA_TRUST_INFORMATION", 24, { Name: [0, 16] });
const translatedName = layout("ntsecapi.h", "LSA_TRANSLATED_NAME", 32, {
  Use: [0, "u32"],
  Name: [8, 16],
  DomainIndex: [24, "i32"],
});
const ntStatus = constants("ntstatus.h", { STATUS_SOME_NOT_MAPPED: 0x107, STATUS_NONE_MAPPED: 0xc000_0073 });

/**
 * The names of SIDs, in the same order, by one call for all; undefined if Windows has no name. Windows returns this
 * also if a domain controller did not answer in time, so for a domain's SID it does not prove that there is no name.
 * @throws AgentError `identity-unreadable`
 * @throws WindowsError
 */
export async function lookUpSids(
  sids: readonly Sid[],
  makeCalls: MakeCalls,
): Promise<readonly (NamedSid | undefined)[]> {
  if (sids.length === 0) return [];
  const encoded = sids.map(encodeSid);
  const pointers = Buffer.alloc(8 * sids.length);
  encoded.forEach((sid, index) => {
    pointers.writeBigUInt64LE(addressOf(sid), 8 * index);
  });
  const policy = openLocalPolicy(policyAccess.POLICY_LOOKUP_NAMES);
  const parameters = [policy.handle, sids.length, pointers, pointerSlot(), pointerSlot()] as const;
  const [answer] = await lending(encoded, makeCalls([nativeCall(advapi32, "LsaLookupSids", parameters)]));
  // Only after the call has returned: until then the handle is in use.
  policy[Symbol.dispose]();
  return namesIn(
    Number(answer?.result) >>> 0,
    pointerIn(bytesIn(answer, 3)),
    pointerIn(bytesIn(answer, 4)),
    sids.length,
  );
}

/** Reads what LsaLookupSids returned, and frees it. */
function namesIn(status: number, domains: bigint, names: bigint, count: number): readonly (NamedSid | undefined)[] {
  try {
    if (status === ntStatus.STATUS_NONE_MAPPED) return Array.from({ length: count }, () => undefined);
    if (status !== 0 && status !== ntStatus.STATUS_SOME_NOT_MAPPED) throw new WindowsError("LsaLookupSids", status);
    return Array.from({ length: count }, (_, index) => nameAt(names + BigInt(index * translatedName.size), domains));
  } finally {
    for (const memory of [domains, names]) if (memory !== 0n) advapi32().LsaFreeMemory(memory);
  }
}

function nameAt(row: bigint, domains: bigint): NamedSid | undefined {
  const use = ffi().getUint32(row, translatedName.at.Use);
  if (use === nameUse.SidTypeUnknown || use === nameUse.SidTypeInvalid) return undefined;
  const domainIndex = ffi().getInt32(row, translatedName.at.DomainIndex);
  return { name: unicodeStringAt(row, translatedName.at.Name), domain: domainAt(domains, domainIndex), use };
}

function domainAt(domains: bigint, index: number): string {
  if (domains === 0n || index < 0 || index >= ffi().getUint32(domains, referencedDomains.at.Entries)) return "";
  const rows = ffi().getUint64(domains, referencedDomains.at.Domains);
  return unicodeStringAt(rows, index * trustInformation.size + trustInformation.at.Name);
}
