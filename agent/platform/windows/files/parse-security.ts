import { ownerRightsSid, parseSid, type Sid } from "../accounts/sids.ts";

/** One entry of an access list that allows something. */
interface AccessAllowed {
  readonly sid: Sid;
  readonly mask: number;
}

/**
 * Who owns an object and whom its list allows what. `allowed` is undefined where there is no list: then everybody may
 * do everything.
 */
export interface SecurityDescriptor {
  readonly owner: Sid | undefined;
  readonly allowed: readonly AccessAllowed[] | undefined;
}

const selfRelative = 0x8000;
const daclPresent = 0x0004;
const inheritOnly = 0x08;

/** ACE types that allow, [MS-DTYP] 2.4.4.1: ALLOWED, OBJECT, CALLBACK, CALLBACK_OBJECT. */
const allowing = new Set([0x00, 0x05, 0x09, 0x0b]);
const withObjectTypes = new Set([0x05, 0x0b]);

/**
 * Reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6). Entries that only deny are left out: what is asked of
 * the result is who may do something, and passing over a denial can only name too many.
 * @returns undefined where the bytes are no such structure, or an entry can't be understood
 */
export function parseSecurityDescriptor(bytes: Buffer): SecurityDescriptor | undefined {
  if (bytes.length < 20 || bytes[0] !== 1) return undefined;
  const control = bytes.readUInt16LE(2);
  if ((control & selfRelative) === 0) return undefined;
  const ownerAt = bytes.readUInt32LE(4);
  const owner = ownerAt === 0 ? undefined : parseSid(bytes, ownerAt);
  if (ownerAt !== 0 && owner === undefined) return undefined;
  const daclAt = bytes.readUInt32LE(16);
  if ((control & daclPresent) === 0 || daclAt === 0) return { owner, allowed: undefined };
  const allowed = parseAcl(bytes, daclAt);
  return allowed === undefined ? undefined : { owner, allowed };
}

function parseAcl(bytes: Buffer, at: number): readonly AccessAllowed[] | undefined {
  if (at + 8 > bytes.length) return undefined;
  const count = bytes.readUInt16LE(at + 4);
  const allowed: AccessAllowed[] = [];
  let ace = at + 8;
  for (let index = 0; index < count; index += 1) {
    if (ace + 4 > bytes.length) return undefined;
    const type = bytes.readUInt8(ace);
    const flags = bytes.readUInt8(ace + 1);
    const size = bytes.readUInt16LE(ace + 2);
    if (size < 4 || ace + size > bytes.length) return undefined;
    if (allowing.has(type) && (flags & inheritOnly) === 0) {
      const entry = bytes.subarray(ace, ace + size);
      if (entry.length < 8) return undefined;
      const sid = parseSid(entry, withObjectTypes.has(type) ? objectSidOffset(entry) : 8);
      if (sid === undefined) return undefined;
      allowed.push({ sid, mask: entry.readUInt32LE(4) });
    }
    ace += size;
  }
  return allowed;
}

/** After the mask come flags, then one GUID for each of the two lowest flags that is set. */
function objectSidOffset(entry: Buffer): number {
  if (entry.length < 12) return entry.length;
  const flags = entry.readUInt32LE(8);
  return 12 + 16 * ((flags & 1) + ((flags >> 1) & 1));
}

const genericAll = 0x1000_0000;
const genericRead = 0x8000_0000;
const genericWrite = 0x4000_0000;
const writeDac = 0x0004_0000;
const writeOwner = 0x0008_0000;
const deleteRight = 0x0001_0000;
/** FILE_READ_DATA, and for a folder FILE_LIST_DIRECTORY. */
const readData = 0x0001;
/**
 * FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_DELETE_CHILD; for a folder adding files and folders, and removing what is
 * inside.
 */
const changeData = 0x0002 | 0x0004 | 0x0040;

/** Any right that lets its holder read, or give himself that right. */
export const readRights = genericAll | genericRead | writeDac | writeOwner | readData;
/** Any right that lets its holder change or replace, or give himself that right. */
export const changeRights = genericAll | genericWrite | writeDac | writeOwner | deleteRight | changeData;

/** Whom an object's list gives one of the rights, other than the trusted; the owner counts, who can change the list. */
export function othersWith(
  rights: number,
  { owner, allowed }: SecurityDescriptor,
  trusted: ReadonlySet<Sid>,
): readonly Sid[] {
  const others = new Set<Sid>();
  if (owner === undefined || !trusted.has(owner)) others.add(owner ?? "an unknown owner");
  if (allowed === undefined) others.add("S-1-1-0");
  for (const { sid, mask } of allowed ?? []) {
    // What the owner may do is already told by who the owner is.
    if ((mask & rights) !== 0 && !trusted.has(sid) && sid !== ownerRightsSid) others.add(sid);
  }
  return [...others];
}
