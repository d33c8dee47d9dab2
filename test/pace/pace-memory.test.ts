import fc from "fast-check";
import { expect, test } from "vitest";
import { readPaceMemory } from "../../agent/pace/pace-memory.ts";
import { after, begin, keep } from "../../agent/pace/pacer.ts";
import { paceContext } from "./pace-context.ts";

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("every schedule survives JSON", () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom("rate-limited", "exact", "paid", "transient", "keep"), fc.nat(10_000_000), chance),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(steps, fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }), (events, fleetSize) => {
      let context = paceContext({ fleetSize });
      let schedule = begin(undefined, context);
      for (const [kind, passed, random] of events) {
        context = { ...context, now: context.now + passed, awake: context.awake + passed, random: () => random };
        const soon = context.now + 60_000;
        const refused = { kind: "rate-limited", notBefore: soon } as const;
        if (kind === "keep") schedule = keep(schedule, context);
        else if (kind === "exact") schedule = after(schedule, { ...refused, exact: true }, context);
        else if (kind === "paid") schedule = after(schedule, { ...refused, paidUntil: soon + 3_600_000 }, context);
        else schedule = after(schedule, { kind, notBefore: undefined }, context);
        expect(readPaceMemory(JSON.parse(JSON.stringify(schedule.memory)))).toEqual(schedule.memory);
      }
    }),
  );
});

test("anything else is no memory, and never an error", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(readPaceMemory(json)).toBeUndefined();
    }),
  );
});

test("one damaged field invalidates the whole memory", () => {
  const { memory } = begin(undefined, paceContext({}));
  const wrong = fc.constantFrom<unknown>(-1e300, 1e300, Number.NaN, Infinity, "1", true, [], {});
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(memory)), wrong, (field, value) => {
      fc.pre(!["asked", "exact"].includes(field) || typeof value !== "boolean");
      expect(readPaceMemory({ ...memory, [field]: value })).toBeUndefined();
    }),
  );
});

test("a schedule of version 0.1.0 starts over", () => {
  const { window: _, passed: __, offset: ___, ...rest } = begin(undefined, paceContext({})).memory;
  expect(readPaceMemory({ ...rest, version: 1, tile: 0, width: 600_000, position: 0, point: 1 })).toBeUndefined();
});
