import { expect, test } from "vitest";
import { commandNames, commands, commonFlags, shells } from "../../agent/cli/commands.ts";
import { completionScript } from "../../agent/cli/completion.ts";
import { flagName, settingNames } from "../../agent/settings/table.ts";

const flags = [
  ...settingNames.map((name) => flagName(name).slice(2)),
  ...Object.keys(commonFlags),
  ...commandNames.flatMap((name) => Object.keys(commands[name].flags)),
];

test.each(shells)("the script for %s knows every command and every flag", (shell) => {
  const script = completionScript(shell);
  const isThere = (name: string) => new RegExp(`(?<![\\w-])(?:--|-l )?${name}(?![\\w-])`).test(script);
  expect([...commandNames, ...flags].filter((name) => !isThere(name))).toEqual([]);
  expect(script).not.toMatch(/undefined|\[object/);
});
