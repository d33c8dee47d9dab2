import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMemory, type Memory, parseMemory } from "../../agent/link/memory.ts";

const text = fc.string({ minLength: 1, maxLength: 20 });
const time = fc.integer({ min: 0, max: 4e12 });
const link = fc.record({
  device: fc.record({
    value: text,
    opt: fc.constantFrom(0 as const, 1 as const),
    source: fc.constantFrom("opswat" as const, "mac" as const, "hwid" as const),
    detail: text,
  }),
  username: text,
  group: fc.option(text),
  tenant: text,
  account: fc.option(text),
  linkedAt: time,
});
const lastRun = fc.record({
  outcome: fc.constantFrom("linked" as const, "unreachable" as const),
  message: fc.string(),
  errorCode: fc.option(text),
  endedAt: time,
});
const memory = fc.record({ link, lastRun, notBefore: time, pace: fc.json().map(JSON.parse) }, { requiredKeys: [] });

test("what is written is read back", () => {
  fc.assert(
    fc.property(memory, (written) => {
      const { link, lastRun, notBefore, pace } = written as Memory;
      const expected = Object.entries({ link, lastRun, notBefore, pace }).filter(([, value]) => value !== undefined);
      expect(parseMemory(formatMemory(written as Memory))).toEqual({
        kind: "read",
        memory: Object.fromEntries(expected),
      });
    }),
  );
});

test("a file cut off anywhere is damaged, not half believed", () => {
  fc.assert(
    fc.property(memory, fc.double({ min: 0, max: 0.99, noNaN: true }), (written, part) => {
      const whole = formatMemory(written as Memory).trimEnd();
      expect(parseMemory(whole.slice(0, Math.floor(whole.length * part)))).toEqual({ kind: "damaged" });
    }),
  );
});

test("any other JSON is damaged", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(parseMemory(json)).toEqual({ kind: "damaged" });
    }),
  );
  expect(parseMemory('{"version":2}')).toEqual({ kind: "damaged" });
  expect(parseMemory('{"version":1,"link":{"username":"alice"}}')).toEqual({ kind: "damaged" });
});
