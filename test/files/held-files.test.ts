import { expect, test } from "vitest";
import { retryWhileHeld } from "../../agent/files/held-files.ts";

const held = new Error("held");

/** Fails so many times. */
function failing(times: number, error: unknown = held) {
  let attempts = 0;
  return () => {
    attempts += 1;
    if (attempts <= times) throw error;
    return attempts;
  };
}

function run(act: () => number) {
  const waited: number[] = [];
  const isHeld = (error: unknown) => error === held;
  const end = () => waited.reduce((sum, ms) => sum + ms, 0);
  try {
    return { result: retryWhileHeld(act, isHeld, (ms) => void waited.push(ms)), waited: end() };
  } catch (error) {
    return { error, waited: end() };
  }
}

test.each([
  [0, 0],
  [1, 10],
  [3, 70],
  [7, 1270],
])("a file that is held for %i attempts is waited for", (times, waited) => {
  expect(run(failing(times))).toEqual({ result: times + 1, waited });
});

test("one that stays held fails within the two seconds of a signal", () => {
  const { error, waited } = run(failing(100));
  expect(error).toBe(held);
  expect(waited).toBeLessThan(2000);
});

test("another error is no reason to wait", () => {
  const other = new Error("no such file");
  expect(run(failing(1, other))).toEqual({ error: other, waited: 0 });
});

test("systems that replace open files need no second attempt", () => {
  const denied = Object.assign(new Error("denied"), { code: "EPERM" });
  const act = failing(1, denied);
  expect(() => retryWhileHeld(act)).toThrow(denied);
  expect(act()).toBe(2);
});
