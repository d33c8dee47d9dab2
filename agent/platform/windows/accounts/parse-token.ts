import { constants, layout, readField } from "../../native-layout.ts";
import { type Memory, offsetOf } from "../native/pointers.ts";
import { parseSid, type Sid } from "./sids.ts";

export interface TokenGroup {
  readonly sid: Sid;
  /** SE_GROUP_… flags, winnt.h. */
  readonly attributes: number;
}

const groupFlag = constants("winnt.h", {
  SE_GROUP_ENABLED: 0x4,
  SE_GROUP_USE_FOR_DENY_ONLY: 0x10,
  /** The mark of one logon, no group. */
  SE_GROUP_LOGON_ID: 0xc000_0000,
});
const sidAndAttributes = layout("winnt.h", "SID_AND_ATTRIBUTES", 16, { Sid: [0, "pointer"], Attributes: [8, "u32"] });
const tokenUser = layout("winnt.h", "TOKEN_USER", 16, { "User.Sid": [0, "pointer"] });
const tokenPrimaryGroup = layout("winnt.h", "TOKEN_PRIMARY_GROUP", 8, { PrimaryGroup: [0, "pointer"] });
const tokenGroups = layout("winnt.h", "TOKEN_GROUPS", 24, { GroupCount: [0, "u32"], Groups: [8, 16] });

export function parseTokenUser(memory: Memory): Sid | undefined {
  if (memory.bytes.length < tokenUser.size) return undefined;
  return sidAt(memory, readField(tokenUser, "User.Sid", memory.bytes));
}

export function parseTokenPrimaryGroup(memory: Memory): Sid | undefined {
  if (memory.bytes.length < tokenPrimaryGroup.size) return undefined;
  return sidAt(memory, readField(tokenPrimaryGroup, "PrimaryGroup", memory.bytes));
}

function sidAt(memory: Memory, address: bigint): Sid | undefined {
  const offset = offsetOf(memory, address);
  return offset === undefined ? undefined : parseSid(memory.bytes, offset);
}

/**
 * Reads TOKEN_GROUPS. A deny-only group (a filtered administrator's) is still a membership; the logon's own SID is not.
 * @returns undefined if the structure is damaged
 */
export function parseTokenGroups(memory: Memory): readonly TokenGroup[] | undefined {
  const { bytes } = memory;
  if (bytes.length < 4) return undefined;
  const count = readField(tokenGroups, "GroupCount", bytes);
  const rowsAt = tokenGroups.at.Groups;
  if (count > 0 && rowsAt + sidAndAttributes.size * count > bytes.length) return undefined;
  const groups: TokenGroup[] = [];
  for (let index = 0; index < count; index += 1) {
    const row = rowsAt + sidAndAttributes.size * index;
    const sid = sidAt(memory, readField(sidAndAttributes, "Sid", bytes, row));
    if (sid === undefined) return undefined;
    const attributes = readField(sidAndAttributes, "Attributes", bytes, row);
    const { SE_GROUP_LOGON_ID } = groupFlag;
    if ((attributes & SE_GROUP_LOGON_ID) >>> 0 !== SE_GROUP_LOGON_ID) groups.push({ sid, attributes });
  }
  return groups;
}

/** Whether the group grants rights now: enabled, and not deny-only. */
export function isEnabled({ attributes }: TokenGroup): boolean {
  return (attributes & groupFlag.SE_GROUP_ENABLED) !== 0 && (attributes & groupFlag.SE_GROUP_USE_FOR_DENY_ONLY) === 0;
}
