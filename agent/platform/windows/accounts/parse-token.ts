import { type Memory, offsetOf } from "../native/memory.ts";
import { parseSid, type Sid } from "./sids.ts";

/** One of a token's groups. */
export interface TokenGroup {
  readonly sid: Sid;
  /** SE_GROUP_… flags, winnt.h. */
  readonly attributes: number;
}

const enabled = 0x4;
const denyOnly = 0x10;
/** SE_GROUP_LOGON_ID: the mark of one logon, no group. */
const logonId = 0xc000_0000;

/** Reads TOKEN_USER or TOKEN_PRIMARY_GROUP: a pointer to a SID. */
export function parseTokenSid(memory: Memory): Sid | undefined {
  if (memory.bytes.length < 8) return undefined;
  const offset = offsetOf(memory, memory.bytes.readBigUInt64LE(0));
  return offset === undefined ? undefined : parseSid(memory.bytes, offset);
}

/**
 * Reads TOKEN_GROUPS: the count, then from +8 rows of 16 bytes (pointer to the SID, attributes). A group that is there
 * only to deny access (a filtered administrator's) is still a membership; the logon's own mark is none.
 * @returns undefined where the structure is damaged
 */
export function parseTokenGroups(memory: Memory): readonly TokenGroup[] | undefined {
  const { bytes } = memory;
  if (bytes.length < 4) return undefined;
  const count = bytes.readUInt32LE(0);
  if (count > 0 && 8 + 16 * count > bytes.length) return undefined;
  const groups: TokenGroup[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = offsetOf(memory, bytes.readBigUInt64LE(8 + 16 * index));
    const sid = offset === undefined ? undefined : parseSid(bytes, offset);
    if (sid === undefined) return undefined;
    const attributes = bytes.readUInt32LE(16 + 16 * index);
    if ((attributes & logonId) >>> 0 !== logonId) groups.push({ sid, attributes });
  }
  return groups;
}

/** The group gives its rights now: switched on, and not there only to deny. */
export function isEnabled({ attributes }: TokenGroup): boolean {
  return (attributes & enabled) !== 0 && (attributes & denyOnly) === 0;
}
