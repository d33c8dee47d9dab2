import { expect, test } from "vitest";
import { addUnknown, stillUnknown } from "../../agent/link/unknown-devices.ts";

const target = { tenant: "https://gears.opswat.com", account: "client-1" };
const day = 86_400_000;
const first = addUnknown(undefined, ["a"], target, 1000);

test("new ones are added to the kept ones; all count as old as the first", () => {
  const both = addUnknown(first, ["a", "b"], target, 2000);
  expect(both).toEqual({ ...target, devices: ["a", "b"], since: 1000 });
  expect(stillUnknown(both, target, 1000 + day - 1)).toEqual(["a", "b"]);
});

test.each([
  ["after a day", target, 1000 + day],
  ["where the clock was set back", target, 999],
  ["of another account", { ...target, account: null }, 2000],
  ["of another tenant", { ...target, tenant: "https://gears-beta.opswat.com" }, 2000],
])("they are forgotten %s", (_, asked, now) => {
  expect(stillUnknown(first, asked, now)).toEqual([]);
  expect(addUnknown(first, ["b"], asked, now)).toEqual({ ...asked, devices: ["b"], since: now });
});
