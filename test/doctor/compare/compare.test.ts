import { expect, test } from "vitest";
import { compareWith, comparison } from "../../../agent/doctor/compare/compare.ts";
import { AgentError } from "../../../agent/errors.ts";
import type { ComparedFact, ToolReading } from "../../../agent/platform/tool-reading.ts";
import { absent, failed, found, type Reading } from "../../../agent/reading.ts";
import { renderComparisons } from "../../../agent/render/comparison-text.ts";
import { account, adapter, group, mac, session } from "../../fakes/accounts.ts";
import { fakePlatform } from "../../fakes/platform.ts";

type Values = Reading<readonly string[]>;
const values = (...all: readonly string[]): Values => found(all, "fake");
const broken: Values = failed("fake", new AgentError("identity-unreadable", "It can't be read."));
const compare = (own: Values, tool: Values, mayHaveMore?: ToolReading["mayHaveMore"]) =>
  comparison({ fact: "groups", command: "id", values: tool, ...(mayHaveMore && { mayHaveMore }) }, own);

test.each([
  ["the same in another order, twice and in another case", values("b", "a"), values("A", "b", "b"), undefined, "equal"],
  ["none on either side", absent("fake", "none"), values(), undefined, "equal"],
  ["more here", values("a", "b"), values("a"), undefined, "different"],
  ["more there", values("a"), values("a", "b"), undefined, "different"],
  ["none here", absent("fake", "none"), values("a"), undefined, "different"],
  ["more here, as it may be", values("a", "b"), values("a"), "ours", "equal"],
  ["less here, though more may be", values("a"), values("b"), "ours", "different"],
  ["more there, as it may be", values("a"), values("a", "b"), "theirs", "equal"],
  ["less there, though more may be", values("a"), values("b"), "theirs", "different"],
  ["unreadable here", broken, values("a"), undefined, "different"],
  ["unreadable there", values("a"), broken, undefined, "not-compared"],
  ["not known there", values("a"), absent("fake", "another user's"), undefined, "not-compared"],
] as const)("%s", (_name, own, tool, mayHaveMore, result) => {
  expect(compare(own, tool, mayHaveMore).result).toBe(result);
});

test("every fact is read in the form of the tools", async () => {
  const alice = account("alice", { userKey: "1000" });
  const sessions = [
    session({ id: "2", userKey: "1000", state: "active", local: true, seat: "seat0" }),
    session({ id: "3", userKey: "1001", state: "online", local: false, seat: undefined }),
  ];
  const platform = fakePlatform({
    accounts: [alice],
    groups: [group("domain users", { primary: true })],
    sessions,
    adapters: [adapter(), adapter({ name: "lo", mac: mac("00:00:00:00:00:00") })],
    others: { trigger: () => found("unit", "fake"), readProtected: () => found("secret", "fake") },
  });
  const expected: readonly (readonly [ComparedFact, readonly string[]])[] = [
    ["mac-addresses", ["00:0c:29:f2:7a:29"]],
    ["sessions", ["2 1000", "3 1001"]],
    ["console-user", ["1000"]],
    ["user", [`1000 ${alice.systemName}`]],
    ["groups", [group("domain users").systemName]],
    ["directory", ["domain"]],
    ["trigger", ["there"]],
    ["credential", ["protected"]],
    ["hardware-uuid", []],
  ];
  const readings = expected.map(([fact, own]) => ({ fact, command: fact, values: values(...own) }));
  const compared = await compareWith(readings, platform, alice);
  expect(compared.filter(({ result }) => result !== "equal")).toEqual([]);
  expect(compared).toHaveLength(9);
  expect(JSON.stringify(compared)).not.toContain("secret");
});

test("a person sees a row per fact, both sides where they differ, and what to tick off", () => {
  const rows = [
    compare(values("a"), values("a")),
    compare(values("a"), values("b\u001b[2J")),
    compare(absent("fake", "none is set"), values("a")),
    compare(values("a"), broken),
  ];
  expect(renderComparisons(rows, ["Log on."]).split("\n")).toEqual([
    "Compared with the system's own tools:",
    " equal    groups  id",
    " differs  groups  id",
    "          the program: a",
    "          the tool:    b\\u{1b}[2J",
    " differs  groups  id",
    "          the program: none is set",
    "          the tool:    a",
    " -        groups  id: It can't be read.",
    "",
    "For a person to check:",
    " [ ] Log on.",
  ]);
});
