import { expect, test } from "vitest";
import { turnOffDeadlockDetector } from "../../../installer/executable/elf/deadlock-detector.ts";
import { writeSegments } from "../../../installer/executable/elf/elf-image.ts";
import { leaveSourcePositionsForLater } from "../../../installer/executable/elf/source-positions.ts";

const base = 0x400000;
const variableAt = 0x100;
const name = "_ZN4absl12_GLOBAL__N_124synch_deadlock_detectionE";
const profiling = "_ZN2v811CpuProfiler38UseDetailedSourcePositionsForProfilingEPNS_7IsolateE";

/** A program with a table of symbols, all for the same place. */
function program(symbols: readonly string[], value: number): Buffer {
  const image = Buffer.alloc(0x600);
  image.write("\x7fELF\x02\x01", "latin1");
  image.writeUInt16LE(2, 16);
  image.writeBigUInt64LE(64n, 32);
  writeSegments(image, [
    { type: 1, flags: 6, offset: 0, address: base, fileSize: image.length, memorySize: image.length, alignment: 8 },
  ]);
  image.writeUInt32LE(value, variableAt);
  const [sections, table, names] = [0x200, 0x300, 0x400];
  image.writeBigUInt64LE(BigInt(sections), 40);
  image.writeUInt16LE(2, 60);
  const text = `\0${symbols.join("\0")}\0`;
  image.write(text, names);
  const described = [
    { type: 2, link: 1, offset: table, size: 24 * symbols.length },
    { type: 3, link: 0, offset: names, size: text.length },
  ];
  for (const [index, { type, link, offset, size }] of described.entries()) {
    const at = sections + 64 * index;
    image.writeUInt32LE(type, at + 4);
    image.writeBigUInt64LE(BigInt(offset), at + 24);
    image.writeBigUInt64LE(BigInt(size), at + 32);
    image.writeUInt32LE(link, at + 40);
  }
  for (const [index, symbol] of symbols.entries()) {
    image.writeUInt32LE(text.indexOf(`\0${symbol}\0`) + 1, table + 24 * index);
    image.writeBigUInt64LE(BigInt(base + variableAt), table + 24 * index + 8);
  }
  return image;
}

test("Abseil's deadlock detector is off", () => {
  const image = program(["main", `${name}.0`], 2);
  turnOffDeadlockDetector(image);
  expect(image.readUInt32LE(variableAt)).toBe(0);
});

test("V8's function for Node's profiler returns at once", () => {
  const [x64, arm64] = [program([profiling], 7), program([profiling], 7)];
  leaveSourcePositionsForLater(x64, "x64");
  leaveSourcePositionsForLater(arm64, "arm64");
  // ret, in both machine codes.
  expect(x64[variableAt]).toBe(0xc3);
  expect(arm64.readUInt32LE(variableAt)).toBe(0xd65f03c0);
  expect(() => leaveSourcePositionsForLater(program(["main"], 7), "x64")).toThrow("0 symbols");
});

test("a missing, repeated or different variable ends the build", () => {
  expect(() => turnOffDeadlockDetector(program(["main"], 2))).toThrow("0 symbols");
  expect(() => turnOffDeadlockDetector(program([name, `${name}.0`], 2))).toThrow("2 symbols");
  expect(() => turnOffDeadlockDetector(program([name], 1))).toThrow("state");
});
