import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Words that readers stumbled over, each with what to write instead; case is ignored. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/\b(?<!can't |not )tells?\b(?! apart| a person)/i, "reports, says, prints, names"],
  [/\btold\b/i, "reported, said, known"],
  [/\banew\b/i, "again"],
  [/\bwhoever\b/i, "a user who, anyone who"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\bpassed over\b/i, "skipped"],
  [/\bone too many\b/i, "unexpected"],
  [/\bbelongs into\b/i, "belongs in"],
  [/\b(?:a|each|next|first|last) try\b/i, "attempt"],
  [/\bstands in for\b/i, "replaces"],
  [/\bnobody watches\b/i, "unattended"],
  [/\bwhatever its own\b/i, "overrides"],
  [/\bby none of its\b/i, "no … has these"],
  [/\ba fault of its own\b/i, "a server error"],
  [/\bof the limit for each\b/i, "API calls per link"],
  [/\bwhatever\b/i, "any, regardless of"],
  [/\b(?:undefined|absent|failed|empty|none) where\b/i, "if"],
  [/\bwhat (?:came|comes) of\b/i, "the result of"],
  [/\ball the same\b/i, "still, anyway"],
  [/\bof no use\b/i, "unusable"],
  [/\bthe own\b/i, "its own, the process's"],
];

const root = join(import.meta.dirname, "..");
/** This file lists the words; fixtures are what others wrote. */
const files = globSync(["*.md", "docs/**/*.md", "{agent,installer,test}/**/*.{ts,md,sh,ps1,lua,cfg}"], {
  cwd: root,
  exclude: ["test/words.test.ts", "test/fixtures/**"],
}).toSorted();

test("messages, comments, tests and documents have plain words", () => {
  expect(files.length).toBeGreaterThan(600);
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, at) =>
        instead.flatMap(([word, better]) => {
          const match = word.exec(line)?.[0];
          return match === undefined ? [] : [`${file}:${at + 1}: "${match}": write ${better}`];
        }),
      ),
  );
  expect(found).toEqual([]);
});

test("the check finds each word", () => {
  const wrong = ["It tells", "is told", "anew", "Whoever", "mends", "passed over", "one too many", "a try", "Whatever"];
  for (const text of wrong) expect(instead.some(([word]) => word.test(text))).toBe(true);
  for (const text of ["which can't tell", "tell apart"]) expect(instead.some(([word]) => word.test(text))).toBe(false);
});
