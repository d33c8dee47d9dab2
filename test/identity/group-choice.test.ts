import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseGroup } from "../../agent/identity/group-choice.ts";
import { matchesPattern } from "../../agent/identity/pattern.ts";
import type { Group } from "../../agent/platform/port.ts";
import { group } from "../fakes/accounts.ts";

const users = group("domain users", { primary: true });
const none = { groupPrefer: [], groupFallback: "none" } as const;
const primary = { groupPrefer: [], groupFallback: "primary" } as const;

test("without patterns the primary domain group is sent", () => {
  expect(chooseGroup([group("Sales EMEA"), users], primary)).toMatchObject({ group: "domain users" });
});

test("groupFallback none sends no group", () => {
  expect(chooseGroup([users], none).group).toBeUndefined();
});

test("the first pattern that matches wins, in any order of the groups", () => {
  const groups = [group("Berlin"), group("Sales EMEA"), users];
  expect(chooseGroup(groups, { ...primary, groupPrefer: ["Paris*", "sales*", "Berlin"] }).group).toBe("Sales EMEA");
});

test("among the groups that one pattern matches the first by name wins", () => {
  const groups = [group("Team C"), group("team b"), group("Team A")];
  expect(chooseGroup(groups, { ...primary, groupPrefer: ["Team *"] }).group).toBe("Team A");
});

test.each(["CORP\\Vertrieb Süd", "vertrieb süd@corp", "*SÜD"])("a pattern may name the domain: %s", (pattern) => {
  expect(chooseGroup([group("Vertrieb Süd"), users], { ...none, groupPrefer: [pattern] }).group).toBe("Vertrieb Süd");
});

test("local and built-in groups are never sent, even if a pattern matches them", () => {
  const groups = [
    group("docker", { kind: "local", domain: undefined }),
    group("Administrators", { kind: "well-known", domain: "BUILTIN", primary: true }),
  ];
  expect(chooseGroup(groups, { ...primary, groupPrefer: ["docker", "*"] }).group).toBeUndefined();
});

test("a name over 256 characters is skipped with a warning and the next choice taken", () => {
  const long = "x".repeat(257);
  const choice = chooseGroup([group(long), users], { ...primary, groupPrefer: ["x*"] });
  expect(choice.group).toBe("domain users");
  expect(choice.warnings).toHaveLength(1);
  expect(chooseGroup([group("x".repeat(256))], { ...none, groupPrefer: ["x*"] }).group).toHaveLength(256);
});

const unnamed = (gid: number, primary = false) => group("", { systemName: String(gid), domain: undefined, primary });

test("groups without a name leave the choice uncertain: a warning names them", () => {
  const groups = [unnamed(10_513, true), unnamed(10_600), group("all staff")];
  const choice = chooseGroup(groups, { ...primary, groupPrefer: ["sales*", "all*"] });
  expect(choice).toMatchObject({ group: "all staff", problem: undefined });
  expect(choice.warnings).toEqual([
    expect.stringContaining("2 groups have no name that this machine knows (10513, 10600)"),
  ]);
  expect(chooseGroup([...groups.slice(1), users], primary).warnings).toEqual([]);
});

test("a missing name of the primary group to be sent is reported", () => {
  const groups = [unnamed(10_513, true), group("all staff")];
  for (const groupPrefer of [[], ["sales*"]]) {
    expect(chooseGroup(groups, { groupPrefer, groupFallback: "primary" })).toMatchObject({
      group: undefined,
      problem: { code: "identity-unreadable", message: expect.stringContaining("10513") },
    });
  }
  expect(chooseGroup(groups, none).problem).toBeUndefined();
});

test("a private primary group beside the directory's: none is sent, and a warning names the candidates", () => {
  const { group: sent, warnings } = chooseGroup([group("domain users"), group("sales")], primary);
  expect(sent).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(/primary group .* \(domain users, sales\) in groupPrefer/)]);
  expect(chooseGroup([], primary).warnings).toEqual([]);
  expect(chooseGroup([group("domain users")], none).warnings).toEqual([]);
});

test.each([
  ["sales emea", "sales_emea"],
  ["Domain Users", "domain^users"],
  ["sales_*", "sales emea"],
  ["CORP\\Domain Users", "domain_users"],
])("the pattern %s matches %s with any replacement for a space", (pattern, name) => {
  expect(chooseGroup([group(name)], { ...none, groupPrefer: [pattern] }).group).toBe(name);
});

test("an exact match of a pattern comes before one that differs in a space", () => {
  const groups = [group("sales emea"), group("sales_emea")];
  expect(chooseGroup(groups, { ...none, groupPrefer: ["sales_emea"] }).group).toBe("sales_emea");
});

const anyGroup: fc.Arbitrary<Group> = fc.record({
  systemName: fc.string({ unit: "grapheme", maxLength: 300 }),
  name: fc.string({ unit: "grapheme", maxLength: 300 }),
  domain: fc.option(fc.string({ maxLength: 15 }), { nil: undefined }),
  kind: fc.constantFrom("domain", "local", "well-known"),
  primary: fc.boolean(),
});

test("for any directory answer only a domain group of the user, of 1 to 256 characters, is sent", () => {
  const patterns = fc.array(fc.oneof(fc.constantFrom("*", "?*", "CORP\\*"), fc.string({ maxLength: 5 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(
      fc.array(anyGroup, { maxLength: 12 }),
      patterns,
      fc.constantFrom("primary" as const, "none" as const),
      (groups, groupPrefer, groupFallback) => {
        const { group: sent, rows } = chooseGroup(groups, { groupPrefer, groupFallback });
        expect(rows.filter(({ chosen }) => chosen)).toHaveLength(sent === undefined ? 0 : 1);
        if (sent === undefined) return;
        const origin = groups.filter(({ name, kind }) => name === sent && kind === "domain");
        expect(origin).not.toHaveLength(0);
        expect(sent.length).toBeGreaterThanOrEqual(1);
        expect(sent.length).toBeLessThanOrEqual(256);
      },
    ),
    { numRuns: 10_000 },
  );
}, 60_000);

test("the order in which the directory lists the groups does not matter", () => {
  fc.assert(
    fc.property(fc.array(anyGroup, { maxLength: 8 }), fc.constantFrom("*", "a*", "?"), (groups, pattern) => {
      const settings = { groupPrefer: [pattern], groupFallback: "none" } as const;
      const choice = chooseGroup(groups, settings).group;
      expect(chooseGroup(groups.toReversed(), settings).group).toBe(choice);
      if (choice !== undefined) expect(groups.some(({ name }) => matchesPattern("*", name))).toBe(true);
    }),
  );
});
