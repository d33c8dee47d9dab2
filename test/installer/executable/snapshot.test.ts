import { expect, test } from "vitest";
import { untilRepeated } from "../../../installer/executable/snapshot/make-snapshot.ts";
import { dropNodeCodeCache } from "../../../installer/executable/snapshot/node-code-cache.ts";

const oneOf = (made: string[]) => () => Buffer.from(made.shift() ?? "");

test("the snapshot that is made a second time is taken", () => {
  expect(untilRepeated(oneOf(["usual", "usual", "rare"])).toString()).toBe("usual");
  expect(untilRepeated(oneOf(["rare", "usual", "usual"])).toString()).toBe("usual");
});

test("snapshots that are all different end the build", () => {
  let number = 0;
  const make = (): Buffer => Buffer.from(String(++number));
  expect(() => untilRepeated(make)).toThrow("all different");
});

test("a blob without a snapshot, or with one that has no table of code caches, ends the build", () => {
  expect(() => dropNodeCodeCache(Buffer.alloc(100), Buffer.alloc(16))).toThrow("does not contain exactly one snapshot");
  const blob = Buffer.alloc(100);
  blob.write("19da4301", 16, "hex");
  blob.writeBigUInt64LE(84n, 8);
  expect(() => dropNodeCodeCache(blob, Buffer.alloc(16))).toThrow("0 tables");
});
