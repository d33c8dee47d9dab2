import { expect, test } from "vitest";
import { commandNames } from "../../agent/cli/commands.ts";
import { commandHelp, overview } from "../../agent/cli/help.ts";

test.each([["overview", overview()] as const, ...commandNames.map((name) => [name, commandHelp(name)] as const)])(
  "the help of %s fits 80 columns, and something stands below each heading",
  (_name, text) => {
    const lines = text.split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const headings = lines.flatMap((line, at) => (/^(?:Commands|Flags|Settings|Exit)[^:]*$/.test(line) ? [at] : []));
    expect(headings.filter((at) => !lines[at + 1]?.startsWith("  "))).toEqual([]);
  },
);
