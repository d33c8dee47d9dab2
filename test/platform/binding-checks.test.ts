import { expect, test } from "vitest";
import { tryBindings } from "../../agent/platform/binding-checks.ts";

test("a part that fails is reported, and the others are still tried", async () => {
  const failing = (): boolean => {
    throw new Error("no such symbol");
  };
  expect(
    await tryBindings([
      ["users", () => true],
      ["groups", failing],
      ["logons", async () => false],
      ["lists", async () => true],
    ]),
  ).toEqual([
    { part: "users", problem: undefined },
    { part: "groups", problem: "no such symbol" },
    { part: "logons", problem: "returned data in an unknown format" },
    { part: "lists", problem: undefined },
  ]);
});
