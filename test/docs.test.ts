import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandNames } from "../agent/cli/commands.ts";
import { defaultText } from "../agent/cli/help.ts";
import { exitCodes } from "../agent/exit-codes.ts";
import { settingNames, settingsTable } from "../agent/settings/table.ts";
import { policyCatalogue } from "../installer/windows/policy-catalogue.ts";

const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
const row = (start: string): string | undefined => readme.split("\n").find((line) => line.startsWith(start));

test.each(settingNames)("the README tells of the setting %s what its table says", (name) => {
  const [, told, meaning] = row(`| \`${name}\` |`)?.match(/^\| `\w+` \| (.*?) \| (.*) \|$/) ?? [];
  expect(meaning).toBe(settingsTable[name].help.replaceAll("|", "\\|"));
  expect(told?.replaceAll("`", "")).toBe(name === "excludeUsers" ? "service accounts" : defaultText(name));
});

test.each(Object.entries(exitCodes))("the README tells of the outcome %s and its exit code", (outcome, code) => {
  expect(row(`| ${code} |`)).toContain(`\`${outcome}\``);
});

test.each(commandNames.filter((name) => name !== "link"))("the README tells of the command %s", (name) => {
  expect(row(`| \`linkuser-agent ${name}`)).toBeDefined();
});

test("the Intune guide has the path of every policy, and no other", () => {
  const guide = readFileSync(join(import.meta.dirname, "..", "docs", "deploy-intune.md"), "utf8");
  const told = [...guide.matchAll(/^ *\| `(\w+)` \| `(\w+)\/(\w+)` \|$/gm)].map(([, ...parts]) => parts);
  expect(told).toEqual(policyCatalogue.map(({ setting, category, name }) => [setting, category, name]));
});
