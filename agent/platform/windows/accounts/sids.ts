import { constants, layout, readField } from "../../native-layout.ts";

const sidHeader = layout("winnt.h", "SID", 12, {
  Revision: [0, "u8"],
  SubAuthorityCount: [1, "u8"],
  IdentifierAuthority: [2, 6],
  SubAuthority: [8, 4],
});
const limits = constants("winnt.h", { SID_REVISION: 1, SID_MAX_SUB_AUTHORITIES: 15, SECURITY_MAX_SID_SIZE: 68 });
/** Bytes of the longest SID. */
export const maxSidSize = limits.SECURITY_MAX_SID_SIZE;
const subAuthorities = sidHeader.at.SubAuthority;

/** A security identifier in its text form, `S-1-5-21-…` ([MS-DTYP] 2.4.2.1). */
export type Sid = string;

/**
 * Reads a binary SID: revision, number of sub-authorities, authority (six bytes, big-endian), sub-authorities
 * (little-endian). [MS-DTYP] 2.4.2.2; undefined if the bytes hold none.
 */
export function parseSid(bytes: Uint8Array, offset = 0): Sid | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset < 0 || offset + subAuthorities > view.length) return undefined;
  if (readField(sidHeader, "Revision", view, offset) !== limits.SID_REVISION) return undefined;
  const size = sidSize(readField(sidHeader, "SubAuthorityCount", view, offset));
  if (size > maxSidSize || offset + size > view.length) return undefined;
  const authority = readField(sidHeader, "IdentifierAuthority", view, offset).readUIntBE(0, 6);
  const parts = [authority < 2 ** 32 ? String(authority) : `0x${authority.toString(16).padStart(12, "0")}`];
  for (let at = subAuthorities; at < size; at += 4) parts.push(String(view.readUInt32LE(offset + at)));
  return `S-1-${parts.join("-")}`;
}

/** Bytes of a SID. @param count of its sub-authorities */
export const sidSize = (count: number): number => subAuthorities + 4 * count;

/** The binary form of a SID that {@link parseSid} gave. */
export function encodeSid(sid: Sid): Buffer {
  const [authority = "", ...values] = sid.slice("S-1-".length).split("-");
  const bytes = Buffer.alloc(sidSize(values.length));
  bytes[sidHeader.at.Revision] = limits.SID_REVISION;
  bytes[sidHeader.at.SubAuthorityCount] = values.length;
  bytes.writeUIntBE(Number(authority), sidHeader.at.IdentifierAuthority, 6);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(Number(value), subAuthorities + 4 * index);
  });
  return bytes;
}

/** Well-known SIDs, [MS-DTYP] 2.4.2.4. */
export const systemSid = "S-1-5-18";
export const administratorsSid = "S-1-5-32-544";
export const usersSid = "S-1-5-32-545";
/** The service that installs Windows; it owns the system's files. */
export const trustedInstallerSid = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/** In an access list it means the owner of the object. */
export const ownerRightsSid = "S-1-3-4";

/** The SIDs under which a machine numbers its own accounts, and those of the domain that it has joined. */
export interface SidAuthorities {
  readonly machine: Sid | undefined;
  readonly domain: Sid | undefined;
}

/**
 * The domain of the account or group that a SID names. `well-known` are those that every machine has: built-in groups,
 * services, logon types, integrity levels.
 */
export function sidKind(sid: Sid, { machine, domain }: SidAuthorities): "local" | "domain" | "entra" | "well-known" {
  if (sid.startsWith("S-1-12-1-")) return "entra";
  if (!sid.startsWith("S-1-5-21-")) return "well-known";
  const authority = sid.slice(0, sid.lastIndexOf("-"));
  // A domain controller has no local accounts: both SIDs are the domain's.
  if (authority === domain) return "domain";
  if (authority === machine) return "local";
  // Marks of a token with claims, S-1-5-21-0-0-0-496 and -497 ([MS-DTYP] 2.4.2.4); no domain has these zeros.
  return authority === "S-1-5-21-0-0-0" ? "well-known" : "domain";
}

/**
 * Accounts that every Windows and every domain has, under any name: Administrator, Guest, krbtgt, DefaultAccount,
 * WDAGUtilityAccount ([MS-DTYP] 2.4.2.4, `DOMAIN_USER_RID_…`).
 */
export const isBuiltInAccountSid = (sid: Sid): boolean => /^S-1-5-21-.*-50[0-4]$/.test(sid);

/** Accounts that are no person: SYSTEM and services, virtual accounts, the desktop's and the font driver's own. */
export const isServiceSid = (sid: Sid): boolean => !sid.startsWith("S-1-5-21-") && !sid.startsWith("S-1-12-1-");
