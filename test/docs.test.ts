import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../agent/cli/command-line.ts";
import { commandNames } from "../agent/cli/commands.ts";
import { defaultText } from "../agent/cli/help.ts";
import { checks } from "../agent/doctor/checks.ts";
import { outcomeByCode } from "../agent/errors.ts";
import { exitCodes } from "../agent/exit-codes.ts";
import { eventIds } from "../agent/platform/windows/event-table.ts";
import { settingNames, settingsTable } from "../agent/settings/table.ts";
import { policyCatalogue } from "../installer/windows/policy-catalogue.ts";
import { blockFault } from "./documents/check-block.ts";
import { codeBlocks, indentedBlocks, withoutFences } from "./documents/code-blocks.ts";

const repository = join(import.meta.dirname, "..");
const readme = readFileSync(join(repository, "README.md"), "utf8");
const row = (start: string): string | undefined => readme.split("\n").find((line) => line.startsWith(start));

test.each(settingNames)("the README describes the setting %s as its table does", (name) => {
  const [, reported, meaning] = row(`| \`${name}\` |`)?.match(/^\| `\w+` \| (.*?) \| (.*) \|$/) ?? [];
  expect(meaning).toBe(settingsTable[name].help.replaceAll("|", "\\|"));
  expect(reported?.replaceAll("`", "")).toBe(name === "excludeUsers" ? "service accounts" : defaultText(name));
});

test.each(Object.entries(exitCodes))("the README names the outcome %s and its exit code", (outcome, code) => {
  expect(row(`| ${code} |`)).toContain(`\`${outcome}\``);
});

test("the page on scripting has every error code beside its outcome, and no other", () => {
  const page = readFileSync(join(repository, "docs", "scripting.md"), "utf8");
  const reported = [...page.matchAll(/^\| `([\w-]+)` \| (`.*`) \|$/gm)].flatMap(([, outcome, codes = ""]) =>
    [...codes.matchAll(/`([\w-]+)`/g)].map(([, code]) => [code, outcome]),
  );
  expect(Object.fromEntries(reported)).toEqual(outcomeByCode);
});

test("the page on troubleshooting has every error code below its exit code, and an anchor for every check", () => {
  const page = readFileSync(join(repository, "docs", "troubleshooting.md"), "utf8");
  const sections = page.split(/^### /m).map((section) => ({ code: Number.parseInt(section, 10), section }));
  for (const [code, outcome] of Object.entries(outcomeByCode)) {
    const section = sections.find((one) => one.code === exitCodes[outcome])?.section;
    expect(section, `${code} below ${exitCodes[outcome]}`).toContain(`\n| \`${code}\` |`);
  }
  const anchors = headingsOf(page);
  for (const { name } of checks) expect(anchors).toContain(name);
});

test.each(commandNames.filter((name) => name !== "link"))("the README names the command %s", (name) => {
  expect(row(`| \`linkuser-agent ${name}`)).toBeDefined();
});

test("the Intune guide has the path of every policy, and no other", () => {
  const guide = readFileSync(join(repository, "docs", "deploy-intune.md"), "utf8");
  const reported = [...guide.matchAll(/^ *\| `(\w+)` \| `(\w+)\/(\w+)` \|$/gm)].map(([, ...parts]) => parts);
  expect(reported).toEqual(policyCatalogue.map(({ setting, category, name }) => [setting, category, name]));
});

test("every test that the page on security names for a promise exists", () => {
  const page = readFileSync(join(repository, "docs", "security.md"), "utf8");
  const named = [...page.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test("every decision has a unique number, a date, a status and a row in the index", () => {
  const folder = join(repository, "docs", "decisions");
  const files = globSync("[0-9]*.md", { cwd: folder }).toSorted();
  expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
  const rows = files.map((name) => {
    const [, number, title, date, status] =
      readFileSync(join(folder, name), "utf8").match(
        /^# (\d{4})\. (.*)\n\n(\d{4}-\d\d-\d\d), (.*)\.\n\n## Context\n/,
      ) ?? [];
    return `| [${number}](${name}) | ${title} | ${date} | ${status} |`;
  });
  const index = readFileSync(join(folder, "README.md"), "utf8");
  expect(index.split("\n").filter((line) => line.startsWith("| ["))).toEqual(rows);
  expect(files.length).toBeGreaterThan(30);
});

test("the Windows guide names the events that are no exit codes", () => {
  const guide = readFileSync(join(repository, "docs", "deploy-windows.md"), "utf8").replaceAll(/\s+/g, " ");
  const { linked, skipped, warning } = eventIds;
  const reported = `${linked} is linked, ${eventIds["already-linked"]} already linked, ${skipped} skipped and ${warning} a warning`;
  expect(guide).toContain(reported);
});

const pages = globSync(["*.md", "{docs,agent,installer,test}/**/*.md"], { cwd: repository }).map((name) => {
  const text = readFileSync(join(repository, name), "utf8");
  return { name, text, code: codeIn(text) };
});

/** Lines of code blocks, and spans in backticks. */
function codeIn(text: string): readonly string[] {
  const spans = [...withoutFences(text).matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? "");
  return [...codeBlocks(text).flatMap(({ code }) => code.split("\n")), ...spans];
}

test.each(pages)("$name: every block of code is fenced, with its language, and in order", ({ name, text }) => {
  const wrong = codeBlocks(text).flatMap((block) => {
    const fault = blockFault(block);
    return fault === undefined ? [] : [`${name}:${block.line}: ${fault}`];
  });
  const indented = indentedBlocks(text).map(
    (line) =>
      `${name}:${line}: fence this block with \`\`\` and its language (sh, bat, powershell, json, …) instead of indenting it`,
  );
  expect([...wrong, ...indented]).toEqual([]);
});

/**
 * The program under any of its names, with or without a path but not in an assignment, followed by a command or a flag.
 */
const ownCommand =
  /(?<!=[^\s(]*)(?:^|[\s"'/\\(])linkuser-agent(?:-(?:linux|darwin)-\w+)?(?:\.exe)?"? +([-a-z][^|#`<>)&;]*)/g;
const wordsOf = (text: string): readonly string[] =>
  text.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];

test.each(pages)("$name: the program accepts every command", ({ code }) => {
  for (const line of code) {
    for (const [, args = ""] of line.matchAll(ownCommand)) expect(() => readCommandLine(wordsOf(args))).not.toThrow();
  }
});

test("the commands, scripts, links and blocks of code in the docs are found", () => {
  const commands = pages.flatMap(({ code }) => code.flatMap((line) => [...line.matchAll(ownCommand)]));
  expect(commands.length).toBeGreaterThan(40);
  const found = (pattern: RegExp) => pages.flatMap(({ text }) => [...text.matchAll(pattern)]).length;
  expect(found(npmScript)).toBeGreaterThan(10);
  expect(found(link)).toBeGreaterThan(50);
  const languages = pages.flatMap(({ text }) => codeBlocks(text).map(({ language }) => language));
  expect(languages.length).toBeGreaterThan(45);
  for (const language of ["sh", "bat", "powershell", "json", "yaml", "xml", "ini"])
    expect(languages).toContain(language);
});

const npmScript = /npm run ([\w:]+)/g;
const link = /\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g;

test.each(pages)("$name: every npm script exists", ({ text }) => {
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  for (const [, name = ""] of text.matchAll(npmScript)) expect(Object.keys(scripts)).toContain(name);
});

test.each(pages)("$name: every link leads somewhere", ({ name, text }) => {
  for (const [, path = "", anchor] of text.matchAll(link)) {
    const target = path === "" ? join(repository, name) : join(repository, dirname(name), path);
    expect(existsSync(target), target).toBe(true);
    if (anchor !== undefined) expect(headingsOf(readFileSync(target, "utf8"))).toContain(anchor);
  }
});

/** As GitHub makes anchors of them. */
function headingsOf(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}
