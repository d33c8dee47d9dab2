import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "../../agent/pace/event-queue.ts";

test("events come out by time", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 200 }), (times) => {
      const queue = new EventQueue(times.length);
      times.forEach((time, device) => {
        queue.push(time, device);
      });
      const out: number[] = [];
      for (let time = queue.time; time !== undefined; time = queue.time) {
        const device = queue.pop();
        expect(times[device as number]).toBe(time);
        out.push(time);
      }
      expect(out).toEqual(times.toSorted((a, b) => a - b));
    }),
  );
});
