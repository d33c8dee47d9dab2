import ffi from "node:ffi";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isAlive,
  parseLoginRecord,
  readLoginRecords,
  utmpx,
} from "../../../../agent/platform/macos/accounts/login-records.ts";

/** The fields of macOS' utmpx.h, one by one. */
function record({ user = "alice", line = "console", pid = 331, type = 7, host = "" } = {}): Buffer {
  const text = (value: string, size: number) =>
    Buffer.concat([Buffer.from(value), Buffer.alloc(size)]).subarray(0, size);
  const numbers = Buffer.alloc(12);
  numbers.writeInt32LE(pid);
  numbers.writeInt16LE(type, 4);
  const time = Buffer.alloc(16, 0xaa);
  return Buffer.concat([
    text(user, 256),
    text("/", 4),
    text(line, 32),
    numbers,
    time,
    text(host, 256),
    Buffer.alloc(64, 0xbb),
  ]);
}

test("the fields have the header's offsets", () => {
  expect(record()).toHaveLength(utmpx.size);
  expect(parseLoginRecord(record({ line: "ttys003", host: "192.0.2.7" }))).toEqual({
    user: "alice",
    line: "ttys003",
    pid: 331,
    host: "192.0.2.7",
  });
});

test("only a logon that lasts counts", () => {
  for (const type of [0, 2, 5, 6, 8, 10]) expect(parseLoginRecord(record({ type }))).toBeUndefined();
});

test("texts end at their field's end, and no byte of the next one is read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 256 }), (user) => {
      expect(parseLoginRecord(record({ user }))?.user).toBe(user);
    }),
  );
});

test("this process is alive, an unused number is not", () => {
  expect(isAlive(process.pid)).toBe(true);
  for (const pid of [0, -1, 2_147_483_647]) expect(isAlive(pid)).toBe(false);
});

/** getutxent(3) over the given records, or over the first one again and again. */
function native(records: readonly Buffer[], endless = false) {
  const called: string[] = [];
  let next = 0;
  const calls = {
    setutxent: () => void called.push("set"),
    getutxent: () => {
      const at = records[endless ? 0 : next++];
      return at === undefined ? 0n : ffi.getRawPointer(at);
    },
    endutxent: () => void called.push("end"),
  };
  return { calls, called };
}

test("the list is read to its end, from its beginning, and closed", () => {
  const { calls, called } = native([record(), record({ type: 8 }), record({ user: "bob", line: "ttys001" })]);
  expect(readLoginRecords(calls).map(({ user }) => user)).toEqual(["alice", "bob"]);
  expect(called).toEqual(["set", "end"]);
});

test("a list without end ends", () => {
  expect(readLoginRecords(native([record()], true).calls)).toHaveLength(10_000);
});
