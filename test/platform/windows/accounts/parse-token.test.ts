import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isEnabled,
  parseTokenGroups,
  parseTokenPrimaryGroup,
} from "../../../../agent/platform/windows/accounts/parse-token.ts";
import { encodeSid } from "../../../../agent/platform/windows/accounts/sids.ts";

const base = 0x7ff0_0000_1000n;

function tokenGroups(groups: readonly (readonly [sid: string, attributes: number])[]) {
  const head = Buffer.alloc(8 + 16 * groups.length);
  head.writeUInt32LE(groups.length, 0);
  const parts: Buffer[] = [head];
  let end = head.length;
  groups.forEach(([sid, attributes], index) => {
    const bytes = encodeSid(sid);
    head.writeBigUInt64LE(base + BigInt(end), 8 + 16 * index);
    head.writeUInt32LE(attributes, 16 + 16 * index);
    parts.push(bytes);
    end += bytes.length;
  });
  return { bytes: Buffer.concat(parts), base };
}

test("reads groups; a deny-only group is a membership, the logon's own is not", () => {
  const memory = tokenGroups([
    ["S-1-1-0", 7],
    ["S-1-5-32-544", 0x10],
    ["S-1-5-5-0-123456", 0xc000_0007],
  ]);
  expect(parseTokenGroups(memory)).toEqual([
    { sid: "S-1-1-0", attributes: 7 },
    { sid: "S-1-5-32-544", attributes: 0x10 },
  ]);
  expect(parseTokenGroups(memory)?.map(isEnabled)).toEqual([true, false]);
});

test("refuses a damaged structure as a whole: a missing group could change the one that is sent", () => {
  const { bytes } = tokenGroups([["S-1-1-0", 7]]);
  expect(parseTokenGroups({ bytes: bytes.subarray(0, bytes.length - 1), base })).toBeUndefined();
  expect(parseTokenGroups({ bytes, base: 0n })).toBeUndefined();
});

test("reads any bytes without an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      const memory = { bytes: Buffer.from(data), base: 0n };
      parseTokenGroups(memory);
      expect(parseTokenPrimaryGroup(memory) ?? "S-1-0").toMatch(/^S-1-/);
    }),
  );
});
