import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { signAdHoc } from "../../../installer/macos/ad-hoc-sign.ts";
import { verifyPages } from "../../../installer/macos/code-directory.ts";
import { parseMachO } from "../../../installer/macos/mach-o.ts";

/** A segment's load command by mach-o/loader.h, with one section where its content begins. */
function segment(name: string, fileOffset: number, fileSize: number, contentAt: number): Buffer {
  const command = Buffer.alloc(72 + 80);
  command.writeUInt32LE(0x19, 0);
  command.writeUInt32LE(command.length, 4);
  command.write(name, 8);
  command.writeBigUInt64LE(BigInt(fileSize), 32);
  command.writeBigUInt64LE(BigInt(fileOffset), 40);
  command.writeBigUInt64LE(BigInt(fileSize), 48);
  command.writeUInt32LE(1, 64);
  command.writeUInt32LE(contentAt, 72 + 48);
  return command;
}

/** A made-up executable: code at 1024, then 64 bytes for the linker. */
function executable(codeSize: number, contentAt = 1024): Buffer {
  const linkEditAt = contentAt + codeSize;
  const commands = Buffer.concat([
    segment("__TEXT", 0, linkEditAt, contentAt),
    segment("__LINKEDIT", linkEditAt, 64, 0),
  ]);
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0xfeedfacf, 0);
  header.writeUInt32LE(2, 16);
  header.writeUInt32LE(commands.length, 20);
  const content = Buffer.alloc(linkEditAt + 64 - header.length - commands.length, 0x5a);
  return Buffer.concat([header, commands, content]);
}

test("each page's hash verifies for any size, and the code is untouched", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.stringMatching(/^[a-z.]{1,40}$/), (codeSize, identifier) => {
      const image = executable(codeSize);
      const signed = signAdHoc(image, identifier);
      expect(verifyPages(signed)).toBe(Math.ceil((Math.ceil(image.length / 16) * 16) / 4096));
      expect(signed.subarray(1024, image.length)).toEqual(image.subarray(1024));
      expect(signed.length % 16).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("a changed byte anywhere in the code or the headers is noticed", () => {
  const signed = signAdHoc(executable(9000), "com.example");
  const { offset } = parseMachO(signed).signature ?? { offset: 0 };
  for (const at of [40, 1024, 5000, offset - 1]) {
    const changed = Buffer.from(signed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => verifyPages(changed)).toThrow(`page ${Math.floor(at / 4096)} is not the one that was signed`);
  }
});

test("the signature contains the fields that the kernel reads", () => {
  const signed = signAdHoc(executable(5000), "com.example");
  const { signature, segments } = parseMachO(signed);
  const blob = signed.subarray(signature?.offset);
  const linkEdit = segments.find(({ name }) => name === "__LINKEDIT");
  expect((linkEdit?.fileOffset ?? 0) + (linkEdit?.fileSize ?? 0)).toBe(signed.length);
  expect(blob.subarray(0, 4).toString("hex")).toBe("fade0cc0");
  const directory = blob.subarray(20);
  expect(directory.subarray(0, 4).toString("hex")).toBe("fade0c02");
  expect(directory.readUInt32BE(12)).toBe(0x20002);
  expect(directory.toString("latin1", 88, 88 + 12)).toBe("com.example\0");
  const first = directory.readUInt32BE(16);
  const hash = createHash("sha256").update(signed.subarray(0, 4096)).digest();
  expect(directory.subarray(first, first + 32)).toEqual(hash);
});

test("files that are signed, have no room or another format are refused", () => {
  const signed = signAdHoc(executable(100), "com.example");
  expect(() => signAdHoc(signed, "com.example")).toThrow("signed already");
  expect(() => signAdHoc(executable(100, 340), "com.example")).toThrow("no room");
  expect(() => signAdHoc(Buffer.from("\x7fELF".padEnd(64, "\0")), "com.example")).toThrow("not a Mach-O");
  expect(() => verifyPages(executable(100))).toThrow("not signed");
});
