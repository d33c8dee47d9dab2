import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { commandNames, commands } from "../../agent/cli/commands.ts";
import { commandHelp, overview } from "../../agent/cli/help.ts";

test.each([
  ["overview", overview(80)] as const,
  ...commandNames.flatMap((name) => [
    [name, commandHelp(name, false, 80)] as const,
    [`${name}, with every setting`, commandHelp(name, true, 80)] as const,
  ]),
])("the help of %s fits 80 columns, and something stands below each heading", (_name, text) => {
  const lines = text.split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const headings = lines.flatMap((line, at) =>
    /^(?:Commands|Examples|Flags|Settings|Exit)[^:]*$/.test(line) ? [at] : [],
  );
  expect(headings.filter((at) => !lines[at + 1]?.startsWith("  "))).toEqual([]);
});

test.each(commandNames)("the examples of %s are commands that the program takes", (name) => {
  const { examples } = commands[name];
  expect(examples.length).toBeGreaterThan(0);
  for (const [words] of examples) expect(readCommandLine(words.split(" "))).toMatchObject({ command: name });
});

test("the short help has no list of settings, but says where it is", () => {
  expect(commandHelp("link", false, 80)).not.toContain("--fleet-size");
  expect(commandHelp("link", false, 80)).toContain("linkuser-agent link --help-all");
  expect(commandHelp("link", true, 80)).toContain("--fleet-size N");
  expect(commandHelp("status", false, 80)).toContain("--state-dir");
});
