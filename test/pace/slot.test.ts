import { expect, test } from "vitest";
import { slotOf } from "../../agent/pace/slot.ts";

test("the same device has the same slot on every run", () => {
  expect(slotOf("00:0c:29:f2:7a:29")).toBe(slotOf("00:0c:29:f2:7a:29"));
  expect(slotOf("00:0c:29:f2:7a:29")).not.toBe(slotOf("00:0c:29:f2:7a:2a"));
});

test("consecutive addresses of one vendor spread evenly", () => {
  const bins = new Array<number>(20).fill(0);
  for (let n = 0; n < 20_000; n++) {
    const slot = slotOf(`00:0c:29:${n.toString(16).padStart(6, "0").match(/../g)?.join(":")}`);
    expect(slot).toBeGreaterThanOrEqual(0);
    expect(slot).toBeLessThan(1);
    const bin = Math.floor(slot * 20);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  // 1000 each; the standard deviation of chance is 31.
  expect(Math.min(...bins)).toBeGreaterThan(850);
  expect(Math.max(...bins)).toBeLessThan(1150);
});
