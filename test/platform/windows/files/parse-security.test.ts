import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSid } from "../../../../agent/platform/windows/accounts/sids.ts";
import {
  changeRights,
  othersWith,
  parseSecurityDescriptor,
  readRights,
} from "../../../../agent/platform/windows/files/parse-security.ts";

interface Ace {
  readonly type?: number;
  readonly flags?: number;
  readonly mask: number;
  readonly sid: string;
  /** The fields between mask and SID in entries of the object types. */
  readonly objects?: Buffer;
}

/** A self-relative descriptor; `aces` undefined for one without a list. */
function descriptor(owner: string, aces: readonly Ace[] | undefined): Buffer {
  const entries = (aces ?? []).map(({ type = 0, flags = 0, mask, sid, objects = Buffer.alloc(0) }) => {
    const tail = Buffer.concat([objects, encodeSid(sid)]);
    const entry = Buffer.alloc(8);
    entry[0] = type;
    entry[1] = flags;
    entry.writeUInt16LE(8 + tail.length, 2);
    entry.writeUInt32LE(mask >>> 0, 4);
    return Buffer.concat([entry, tail]);
  });
  const acl = Buffer.alloc(8);
  acl[0] = 2;
  acl.writeUInt16LE(8 + entries.reduce((sum, entry) => sum + entry.length, 0), 2);
  acl.writeUInt16LE(entries.length, 4);
  const ownerSid = encodeSid(owner);
  const header = Buffer.alloc(20);
  header[0] = 1;
  header.writeUInt16LE(0x8000 | (aces === undefined ? 0 : 4), 2);
  header.writeUInt32LE(20, 4);
  if (aces !== undefined) header.writeUInt32LE(20 + ownerSid.length, 16);
  return Buffer.concat([header, ownerSid, acl, ...entries]);
}

const system = "S-1-5-18";
const administrators = "S-1-5-32-544";
const users = "S-1-5-32-545";
const everyone = "S-1-1-0";
const trusted = new Set([system, administrators]);
const fullAccess = 0x1f01ff;
const readOnly = 0x120089;

function others(rights: number, owner: string, aces: readonly Ace[] | undefined): readonly string[] | undefined {
  const parsed = parseSecurityDescriptor(descriptor(owner, aces));
  return parsed === undefined ? undefined : othersWith(rights, parsed, trusted);
}

const closed: readonly Ace[] = [
  { mask: fullAccess, sid: system },
  { mask: fullAccess, sid: administrators },
];

describe("who may read", () => {
  test("is no one else if only SYSTEM and Administrators are in the list", () => {
    expect(others(readRights, administrators, closed)).toEqual([]);
  });

  test.each<[string, number]>([
    ["reading", readOnly],
    ["everything", 0x1000_0000],
    ["generic reading", 0x8000_0000],
    ["changing the list", 0x0004_0000],
    ["taking ownership", 0x0008_0000],
  ])("is who is allowed %s", (_right, mask) => {
    expect(others(readRights, administrators, [...closed, { mask, sid: users }])).toEqual([users]);
  });

  test("rights to see attributes do not count, nor entries that are only inherited", () => {
    expect(others(readRights, administrators, [...closed, { mask: 0x120080, sid: users }])).toEqual([]);
    expect(others(readRights, administrators, [...closed, { mask: readOnly, sid: users, flags: 0x0b }])).toEqual([]);
  });

  test("is an owner who could change the list", () => {
    expect(others(readRights, "S-1-5-21-1-2-3-1001", closed)).toEqual(["S-1-5-21-1-2-3-1001"]);
  });

  test("is everybody without a list, and nobody with an empty one", () => {
    expect(others(readRights, administrators, undefined)).toEqual([everyone]);
    expect(others(readRights, administrators, [])).toEqual([]);
  });

  test("includes accounts in entries with object types or conditions", () => {
    const objects = Buffer.concat([Buffer.from([3, 0, 0, 0]), Buffer.alloc(32)]);
    expect(others(readRights, administrators, [{ type: 5, mask: readOnly, sid: users, objects }])).toEqual([users]);
    expect(others(readRights, administrators, [{ type: 9, mask: readOnly, sid: everyone }])).toEqual([everyone]);
  });

  test("ignores denials", () => {
    const aces = [
      { type: 1, mask: fullAccess, sid: users },
      { mask: readOnly, sid: users },
    ];
    expect(others(readRights, administrators, aces)).toEqual([users]);
  });
});

describe("who may change", () => {
  test("is not who may read", () => {
    expect(others(changeRights, administrators, [...closed, { mask: readOnly, sid: users }])).toEqual([]);
  });

  test.each([0x2, 0x4, 0x40, 0x10000, 0x4000_0000])("is who has the right %i", (mask) => {
    expect(others(changeRights, administrators, [...closed, { mask, sid: users }])).toEqual([users]);
  });
});

test("reads any bytes without an error, and cut ones as nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void parseSecurityDescriptor(Buffer.from(bytes))),
  );
  const whole = descriptor(administrators, closed);
  for (let length = 0; length < whole.length; length += 1) {
    expect(parseSecurityDescriptor(whole.subarray(0, length))).toBeUndefined();
  }
});
