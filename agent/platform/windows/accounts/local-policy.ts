import { constants, layout, structure } from "../../native-layout.ts";
import { advapi32 } from "../native/advapi32.ts";
import { pointerIn, pointerSlot } from "../native/pointers.ts";
import { WindowsError } from "../native/windows-error.ts";

/** What a policy handle may be used for. */
export const policyAccess = constants("ntsecapi.h", {
  POLICY_VIEW_LOCAL_INFORMATION: 0x001,
  POLICY_LOOKUP_NAMES: 0x800,
});
const objectAttributes = layout("ntsecapi.h", "LSA_OBJECT_ATTRIBUTES", 48, { Length: [0, "u32"] });

/** Opens this machine's security policy, to be closed by LsaClose; asks no other machine. @throws WindowsError */
export function openLocalPolicy(access: number): bigint {
  const slot = pointerSlot();
  const attributes = structure(objectAttributes, { Length: objectAttributes.size });
  const status = advapi32().LsaOpenPolicy(null, attributes, access, slot);
  if (status !== 0) throw new WindowsError("LsaOpenPolicy", status);
  return pointerIn(slot);
}
