import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WindowsError } from "../../../agent/platform/windows/native/windows-error.ts";
import { listenersAt } from "../../../agent/platform/windows/parse-listeners.ts";
import { readListener } from "../../../agent/platform/windows/read-listener.ts";

type Row = readonly [address: string, port: number, processId: number];

/** MIB_TCPTABLE_OWNER_PID of rows with addresses in hex. */
function table4(...rows: readonly Row[]): Buffer {
  const bytes = Buffer.alloc(4 + 24 * rows.length);
  bytes.writeUInt32LE(rows.length);
  rows.forEach(([address, port, processId], index) => {
    const at = 4 + 24 * index;
    bytes.writeUInt32LE(2, at);
    bytes.write(address, at + 4, "hex");
    bytes.writeUInt16BE(port, at + 8);
    bytes.writeUInt32LE(processId, at + 20);
  });
  return bytes;
}

/** MIB_TCP6TABLE_OWNER_PID of rows with addresses in hex. */
function table6(...rows: readonly Row[]): Buffer {
  const bytes = Buffer.alloc(4 + 56 * rows.length);
  bytes.writeUInt32LE(rows.length);
  rows.forEach(([address, port, processId], index) => {
    const at = 4 + 56 * index;
    bytes.write(address, at, "hex");
    bytes.writeUInt16BE(port, at + 20);
    bytes.writeUInt32LE(processId, at + 52);
  });
  return bytes;
}

const all6 = "0".repeat(32);
const loopback6 = `${"0".repeat(31)}1`;

describe("listeners", () => {
  test("are those that a connection to 127.0.0.1 reaches", () => {
    const rows = table4(
      ["7f000001", 11369, 10],
      ["00000000", 11369, 11],
      ["c0a80001", 11369, 12],
      ["7f000001", 80, 13],
    );
    expect(listenersAt(11369, rows, 2)).toEqual([10, 11]);
    expect(listenersAt(11369, table6([all6, 11369, 20], [loopback6, 11369, 21]), 23)).toEqual([20]);
  });

  test("are read from any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(2 as const, 23 as const), (bytes, of) => {
        expect(listenersAt(80, Buffer.from(bytes), of).length).toBeLessThanOrEqual(12);
      }),
    );
  });
});

describe("the listener", () => {
  const denied = (): never => {
    throw new WindowsError("OpenProcess", 5);
  };
  const read = (rows: readonly Row[], userOf: (id: number) => string = denied, sessionOf = (_id: number) => 0) =>
    readListener(11369, { table: (of) => (of === 2 ? table4(...rows) : table6()), userOf, sessionOf });
  const users: Readonly<Record<number, string>> = { 10: "S-1-5-18", 11: "S-1-5-20", 12: "S-1-5-21-1-2-3-1001" };
  const userOf = (id: number) => users[id] ?? denied();

  test.each([
    ["SYSTEM", [10], true],
    ["a service's account", [11], true],
    ["Windows itself", [4], true],
    ["a person", [12], false],
    ["a person beside SYSTEM", [10, 12], false],
  ])("%s", (_who, processes, trusted) => {
    const rows = processes.map((id) => ["7f000001", 11369, id] as const);
    expect(read(rows, userOf)).toMatchObject({ kind: "found", value: { trusted } });
  });

  test("is judged by its session if a plain user may not read its account", () => {
    const rows = [["7f000001", 11369, 30]] as const;
    expect(read(rows)).toMatchObject({ value: { trusted: true } });
    expect(read(rows, denied, () => 2)).toMatchObject({ value: { trusted: false } });
  });

  test("an unknown listener is failed, none is absent", () => {
    const gone = (): never => {
      throw new WindowsError("OpenProcess", 87);
    };
    expect(read([["7f000001", 11369, 30]], gone)).toMatchObject({ kind: "failed" });
    expect(read([])).toMatchObject({ kind: "absent" });
  });
});
