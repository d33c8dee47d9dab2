import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import type { RememberedLink } from "../../agent/link/memory.ts";
import { planLink } from "../../agent/link/plan-link.ts";
import type { Identity } from "../../agent/link/ports.ts";
import { candidate, first, alice as identity, linkOfAlice, second, target } from "./usual-run.ts";

const options = { now: 1_000_000, force: false, relinkAfter: duration("30d") };
const remembered = linkOfAlice(options.now - 1);

test("what is linked and unchanged is not linked again", () => {
  expect(planLink(identity, target, remembered, options)).toMatchObject({ kind: "already-linked", link: remembered });
});

test("the identifier that worked before is tried first", () => {
  const link = { ...remembered, device: { ...remembered.device, value: second.value } };
  expect(planLink(identity, target, link, { ...options, force: true })).toMatchObject({ candidates: [second, first] });
});

test("a token that changes daily does not change the account", () => {
  expect(planLink(identity, { ...target, account: null }, remembered, options)).toMatchObject({
    kind: "already-linked",
  });
});

test.each<[string, Partial<RememberedLink>, boolean]>([
  [
    "another device, as after a new network card",
    { device: { ...remembered.device, value: "00:00:5e:00:53:01" } },
    false,
  ],
  ["another user", { username: "bob" }, false],
  ["another group", { group: "Finance" }, false],
  ["no group before", { group: null }, false],
  ["another tenant", { tenant: "https://gears-beta.opswat.com" }, true],
  ["another account", { account: "client-2" }, true],
  ["an old link", { linkedAt: options.now - 1.1 * options.relinkAfter }, false],
])("%s is linked again", (_, change, spread) => {
  expect(planLink(identity, target, { ...remembered, ...change }, options)).toMatchObject({ kind: "link", spread });
});

test.each([
  ["after a clock was set back an hour", Date.UTC(2027, 0, 1), duration("1h"), "already-linked"],
  ["by a clock that was years ahead", Date.UTC(2027, 0, 1), duration("300d"), "link"],
  ["before a battery failed, so that the clock shows 1970", 10_000, 50 * duration("365d"), "already-linked"],
] as const)("a link dated in the future, made %s", (_, now, ahead, kind) => {
  const plan = planLink(identity, target, { ...remembered, linkedAt: now + ahead }, { ...options, now });
  expect(plan.kind).toBe(kind);
});

test("the first link of a device is spread over the rollout", () => {
  expect(planLink(identity, target, undefined, options)).toMatchObject({ kind: "link", spread: true });
});

test("a fleet that was linked at once is due again over a tenth of relinkAfter, each device at its own time", () => {
  const dueAfter = (value: string): number => {
    const device = { ...remembered.device, value };
    const own = { ...identity, candidates: [candidate(value)] };
    const isDue = (age: number) =>
      planLink(own, target, { ...remembered, device, linkedAt: options.now - age }, options).kind === "link";
    let [least, most] = [options.relinkAfter - 1, 1.1 * options.relinkAfter];
    expect([isDue(least), isDue(most)]).toEqual([false, true]);
    while (most - least > 1000) {
      const middle = (least + most) / 2;
      if (isDue(middle)) most = middle;
      else least = middle;
    }
    return most / options.relinkAfter - 1;
  };
  const dues = Array.from({ length: 200 }, (_, n) => dueAfter(`00:0c:29:00:00:${n.toString(16).padStart(2, "0")}`));
  for (const part of [0, 1, 2, 3, 4]) {
    const within = dues.filter((due) => due >= part / 50 && due < (part + 1) / 50);
    expect(within.length).toBeGreaterThan(15);
  }
});

test("--force and relinkAfter 0s link every time", () => {
  expect(planLink(identity, target, remembered, { ...options, force: true }).kind).toBe("link");
  expect(planLink(identity, target, remembered, { ...options, relinkAfter: duration("0s") }).kind).toBe("link");
});

test.each<[string, Partial<Identity>, "already-linked" | "link"]>([
  ["a user typed in capitals", { username: "ALICE" }, "already-linked"],
  ["a group whose case changed", { group: "SALES" }, "already-linked"],
  ["letters of any language", { username: "ŽOFIE" }, "already-linked"],
  ["another account of a Linux machine alone", { username: "ALICE", exactNames: true }, "link"],
  ["that machine's group, which a directory gave", { group: "SALES", exactNames: true }, "already-linked"],
  ["a name that only looks alike", { username: "alıce" }, "link"],
])("names compare as their directory compares them: %s", (_, change, kind) => {
  const username = change.username === "ŽOFIE" ? "žofie" : "alice";
  const link = { ...remembered, username };
  expect(planLink({ ...identity, username, ...change }, target, link, options).kind).toBe(kind);
});
