import { expect, test } from "vitest";
import { blockFault } from "./check-block.ts";
import { codeBlocks, indentedBlocks } from "./code-blocks.ts";

const fenced = (language: string, code: string, introduction = "Like this:"): string =>
  `# Heading\n\n${introduction}\n\n\`\`\`${language}\n${code}\n\`\`\`\n`;

const faultsOf = (text: string): readonly (string | undefined)[] => codeBlocks(text).map(blockFault);

test.each([
  ["sh", "linkuser-agent doctor | grep 'x'"],
  ["json", '{"baseUrl": "https://gears.opswat.com", "fleetSize": 2000}'],
  ["json", '{"clientId": "…", "clientSecret": "…"}'],
  ["yaml", '- a: { b: 1 }\n  content: \'{"clientId": "x", "clientSecret": "y"}\''],
  ["yaml", "content: \"{{ {'clientId': id} | to_json }}\""],
  ["xml", "<a><b/></a>"],
  ["ini", "[Service]\nLoadCredential=a:/b\n# note"],
  ["ini", "MACHINE=one"],
  ["ts", "await using gears = await startGears();"],
])("a well-formed block of %s is in order", (language, code) => {
  expect(faultsOf(fenced(language, code))).toEqual([undefined]);
});

test.each([
  ["sh", "case $? in 0) ;;"],
  ["json", '{"a": 1,}'],
  ["json", '{"baseUrl": "https://gears.opswat.com", "fleetsize": 2000}'],
  ["json", '{"clientId": "…", "clientsecret": "…"}'],
  ["yaml", "a: [1"],
  ["yaml", 'content: \'{"baseUrl": "ftp://x"}\''],
  ["xml", "<a><b></a>"],
  ["ini", "[Servce]\nUser=x"],
  ["ini", "[Service]\nUser x"],
  ["ini", "MACHINES=one"],
  ["ts", "await using = 1;"],
  ["text", "./Device/Vendor/MSFT/Policy/Other"],
  ["powershell", "Write-Output 1"],
  ["bat", "echo 1"],
  ["", "echo 1"],
])("a block of %s that is wrong, or that nothing checks, is reported: %s", (language, code) => {
  expect(faultsOf(fenced(language, code))).toEqual([expect.any(String)]);
});

test.each(["Run by a test [Wine, without a share]:", "Like this (not run):"])("'%s' marks a block", (introduction) => {
  expect(faultsOf(fenced("bat", "echo 1", introduction))).toEqual([undefined]);
  expect(faultsOf(fenced("bat", "echo 1", `${introduction}\n\nOr:`))).toEqual([expect.any(String)]);
});

test("a block in a list is read without its indentation, with its line", () => {
  const text = "1. Do\n   this:\n\n   ```sh\n   a() {\n     b\n   }\n   ```\n2. Then\n";
  expect(codeBlocks(text)).toEqual([
    { line: 4, language: "sh", code: "a() {\n  b\n}\n", introduction: "1. Do\n   this:" },
  ]);
});

test.each([
  ["a paragraph", "Text:\n\n    code\n    more\n", [3]],
  ["a list item", "1. Text:\n\n       code\n", [3]],
  ["a list", "1. Text\n\nText:\n\n    code\n", [5]],
])("an indented block after %s is found", (_, text, lines) => {
  expect(indentedBlocks(text)).toEqual(lines);
});

test.each([
  ["a second paragraph of a list item", "10. Text\n\n    more text\n"],
  ["a list in a list", "- Text\n\n  - Text\n\n    more\n"],
  ["a long line that goes on", "- Text\n      more\n"],
  ["a fenced block", "```sh\na\n\n    b\n```\n"],
])("%s is no indented block", (_, text) => {
  expect(indentedBlocks(text)).toEqual([]);
});
