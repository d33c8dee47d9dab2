import { constants, layout, readField } from "../../native-layout.ts";
import { ownerRightsSid, parseSid, type Sid } from "../accounts/sids.ts";

/** One entry of an access list that allows something. */
interface AccessAllowed {
  readonly sid: Sid;
  readonly mask: number;
}

/**
 * An object's owner and access list. `allowed` is undefined if there is no list: then everybody may do everything.
 */
export interface SecurityDescriptor {
  readonly owner: Sid | undefined;
  readonly allowed: readonly AccessAllowed[] | undefined;
}

const control = constants("winnt.h", { SE_SELF_RELATIVE: 0x8000, SE_DACL_PRESENT: 0x4 });
const { INHERIT_ONLY_ACE } = constants("winnt.h", { INHERIT_ONLY_ACE: 0x8 });
/** Entries that allow, [MS-DTYP] 2.4.4.1. */
const aceType = constants("winnt.h", {
  ACCESS_ALLOWED_ACE_TYPE: 0x0,
  ACCESS_ALLOWED_OBJECT_ACE_TYPE: 0x5,
  ACCESS_ALLOWED_CALLBACK_ACE_TYPE: 0x9,
  ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE: 0xb,
});
const allowing: ReadonlySet<number> = new Set(Object.values(aceType));
const withObjectTypes: ReadonlySet<number> = new Set([
  aceType.ACCESS_ALLOWED_OBJECT_ACE_TYPE,
  aceType.ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE,
]);
const objectTypes = constants("winnt.h", { ACE_OBJECT_TYPE_PRESENT: 1, ACE_INHERITED_OBJECT_TYPE_PRESENT: 2 });

const descriptor = layout("winnt.h", "SECURITY_DESCRIPTOR_RELATIVE", 20, {
  Revision: [0, "u8"],
  Control: [2, "u16"],
  Owner: [4, "u32"],
  Dacl: [16, "u32"],
});
const acl = layout("winnt.h", "ACL", 8, { AceCount: [4, "u16"] });
const aceHeader = layout("winnt.h", "ACE_HEADER", 4, {
  AceType: [0, "u8"],
  AceFlags: [1, "u8"],
  AceSize: [2, "u16"],
});
const allowedAce = layout("winnt.h", "ACCESS_ALLOWED_ACE", 12, { Mask: [4, "u32"], SidStart: [8, "u32"] });
const objectAce = layout("winnt.h", "ACCESS_ALLOWED_OBJECT_ACE", 48, {
  Flags: [8, "u32"],
  ObjectType: [12, 16],
});

/**
 * Reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6). Entries that only deny are left out: the result lists
 * who may do something, and ignoring a denial can only list too many.
 * @returns undefined if the bytes are no such structure, or an entry can't be understood
 */
export function parseSecurityDescriptor(bytes: Buffer): SecurityDescriptor | undefined {
  if (bytes.length < descriptor.size || readField(descriptor, "Revision", bytes) !== 1) return undefined;
  const flags = readField(descriptor, "Control", bytes);
  if ((flags & control.SE_SELF_RELATIVE) === 0) return undefined;
  const ownerAt = readField(descriptor, "Owner", bytes);
  const owner = ownerAt === 0 ? undefined : parseSid(bytes, ownerAt);
  if (ownerAt !== 0 && owner === undefined) return undefined;
  const daclAt = readField(descriptor, "Dacl", bytes);
  if ((flags & control.SE_DACL_PRESENT) === 0 || daclAt === 0) return { owner, allowed: undefined };
  const allowed = parseAcl(bytes, daclAt);
  return allowed === undefined ? undefined : { owner, allowed };
}

function parseAcl(bytes: Buffer, at: number): readonly AccessAllowed[] | undefined {
  if (at + acl.size > bytes.length) return undefined;
  const count = readField(acl, "AceCount", bytes, at);
  const allowed: AccessAllowed[] = [];
  let ace = at + acl.size;
  for (let index = 0; index < count; index += 1) {
    if (ace + aceHeader.size > bytes.length) return undefined;
    const type = readField(aceHeader, "AceType", bytes, ace);
    const flags = readField(aceHeader, "AceFlags", bytes, ace);
    const size = readField(aceHeader, "AceSize", bytes, ace);
    if (size < aceHeader.size || ace + size > bytes.length) return undefined;
    if (allowing.has(type) && (flags & INHERIT_ONLY_ACE) === 0) {
      const entry = bytes.subarray(ace, ace + size);
      if (entry.length < allowedAce.at.SidStart) return undefined;
      const sid = parseSid(entry, withObjectTypes.has(type) ? objectSidOffset(entry) : allowedAce.at.SidStart);
      if (sid === undefined) return undefined;
      allowed.push({ sid, mask: readField(allowedAce, "Mask", entry) });
    }
    ace += size;
  }
  return allowed;
}

/** After the mask come flags, then one GUID for each of the two lowest flags that is set. */
function objectSidOffset(entry: Buffer): number {
  const [start, guidSize] = objectAce.fields.ObjectType;
  if (entry.length < start) return entry.length;
  const flags = readField(objectAce, "Flags", entry);
  const present = Object.values(objectTypes).filter((type) => (flags & type) !== 0);
  return start + guidSize * present.length;
}

const right = constants("winnt.h", {
  GENERIC_ALL: 0x1000_0000,
  GENERIC_READ: 0x8000_0000,
  GENERIC_WRITE: 0x4000_0000,
  WRITE_DAC: 0x0004_0000,
  WRITE_OWNER: 0x0008_0000,
  DELETE: 0x0001_0000,
  /** For a folder FILE_LIST_DIRECTORY. */
  FILE_READ_DATA: 0x1,
  /** For a folder FILE_ADD_FILE. */
  FILE_WRITE_DATA: 0x2,
  /** For a folder FILE_ADD_SUBDIRECTORY. */
  FILE_APPEND_DATA: 0x4,
  FILE_DELETE_CHILD: 0x40,
});
const own = right.GENERIC_ALL | right.WRITE_DAC | right.WRITE_OWNER;
const changeData = right.FILE_WRITE_DATA | right.FILE_APPEND_DATA | right.FILE_DELETE_CHILD;

/** Any right by which one can read, or take that right. */
export const readRights = own | right.GENERIC_READ | right.FILE_READ_DATA;
/** Any right by which one can change or replace, or take that right. */
export const changeRights = own | right.GENERIC_WRITE | right.DELETE | changeData;

/** For a folder: rights to rename or remove its content, or to obtain such a right. */
export const exchangeRights = own | right.FILE_DELETE_CHILD;

/** The folders above a file, nearest first: to the root of its drive, or of its share. */
export function foldersAbove(path: string): readonly string[] {
  const [, root = "", rest = ""] = /^([a-z]:[\\/]|[\\/]{2}[^\\/]+[\\/][^\\/]+[\\/])(.*)$/i.exec(path) ?? [];
  const words = rest.split(/[\\/]+/);
  return words.map((_, count) => root + words.slice(0, count).join("\\")).toReversed();
}

/**
 * Untrusted accounts that have one of the rights by the object's list; the owner counts, since owners can change the
 * list.
 */
export function othersWith(
  rights: number,
  { owner, allowed }: SecurityDescriptor,
  trusted: ReadonlySet<Sid>,
): readonly Sid[] {
  const others = new Set<Sid>();
  if (owner === undefined || !trusted.has(owner)) others.add(owner ?? "an unknown owner");
  if (allowed === undefined) others.add("S-1-1-0");
  for (const { sid, mask } of allowed ?? []) {
    // The owner is judged above.
    if ((mask & rights) !== 0 && !trusted.has(sid) && sid !== ownerRightsSid) others.add(sid);
  }
  return [...others];
}
