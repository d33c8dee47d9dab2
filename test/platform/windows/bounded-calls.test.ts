import { expect, test } from "vitest";
import { boundedCalls } from "../../../agent/platform/windows/bounded-calls.ts";

test("all calls for a purpose share a thread, since one that hangs can't be ended", () => {
  const names = { limit: 1000, asksFor: "a name", check: "Check it." };
  const scripts = { ...names, asksFor: "a script" };
  expect(boundedCalls(names)).toBe(boundedCalls(names));
  expect(boundedCalls(names)).not.toBe(boundedCalls(scripts));
});
