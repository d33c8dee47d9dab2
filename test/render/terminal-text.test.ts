import fc from "fast-check";
import { expect, test } from "vitest";
import { fitTerminal } from "../../agent/render/terminal-text.ts";

const fit = (text: string, columns = 40): string[] => fitTerminal(text, { columns, colour: false }).split("\n");

test("a line is continued below its last column, a sentence below its start", () => {
  expect(fit(" fail  policy    The file has the mode 0644 and is not used.")).toEqual([
    " fail  policy    The file has the mode",
    "                 0644 and is not used.",
  ]);
  expect(fit("unreachable: The server returned 503 for five minutes.")).toEqual([
    "unreachable: The server returned 503 for",
    "five minutes.",
  ]);
});

test("a path that does not fit below its column begins further left", () => {
  expect(fit(" ok    log-file  /var/log/linkuser-agent/agent.log")).toEqual([
    " ok    log-file",
    "       /var/log/linkuser-agent/agent.log",
  ]);
});

test("a list that is longer than a line is broken after its commas, below its column", () => {
  expect(fit("excludeUsers  default  root,LOCAL SERVICE,DWM-*,UMFD-*,WsiAccount", 40)).toEqual([
    "excludeUsers  default  root,LOCAL",
    "              SERVICE,DWM-*,UMFD-*,",
    "              WsiAccount",
  ]);
});

test("a list of many items fills the line", () => {
  const list = "excludeUsers  default  root,NETWORK SERVICE,DWM-*,UMFD-*,WsiAccount";
  expect(fit(list, 55)).toEqual([
    "excludeUsers  default  root,NETWORK SERVICE,DWM-*,",
    "                       UMFD-*,WsiAccount",
  ]);
});

test("a command can be copied in one piece", () => {
  const command = "next: sudo install -D -m 600 FILE /etc/linkuser-agent/credential.json";
  expect(fit(`             ${command}`)).toEqual([`  ${command}`]);
  expect(fit("  next: compare both with the OAuth application in the OAuth portal")).toHaveLength(2);
});

test.each([
  [" ok    policy  none", " \u001b[32mok\u001b[0m    policy  none"],
  ["unreachable: no", "\u001b[31;1munreachable\u001b[0m: no"],
  ["waiting: no", "\u001b[33mwaiting\u001b[0m: no"],
  ["Last run   linked, 3 s ago", "Last run   \u001b[32mlinked\u001b[0m, 3 s ago"],
  ["next: do it", "\u001b[36mnext:\u001b[0m do it"],
  ["an okay next: line", "an okay next: line"],
])("colours mark the words that say how it went: %s", (text, shown) => {
  expect(fitTerminal(text, { columns: 80, colour: true })).toBe(shown);
  expect(fitTerminal(text, { columns: 80, colour: false })).toBe(text);
});

test("from 60 to 200 columns no word is broken or lost, and only a word that is too long leaves the line", () => {
  const word = fc.stringMatching(/^[a-z:.]{1,30}$/);
  const line = fc.tuple(
    fc.stringMatching(/^ {0,20}$/),
    fc.array(fc.tuple(word, fc.constantFrom(" ", "  ")), { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 200 }), line, (columns, [indent, words]) => {
      const text = `${indent}${words.flat().join("").trimEnd()}`;
      const lines = fit(text, columns);
      expect(lines.join(" ").split(/ +/)).toEqual(text.split(/ +/));
      for (const one of lines) expect(one.length).toBeLessThanOrEqual(columns);
    }),
  );
});
