import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Script } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { bundleProgram } from "../../../installer/executable/bundle.ts";
import { makeCodeCache } from "../../../installer/executable/code-cache.ts";
import { targets } from "../../../installer/executable/targets.ts";

const entry = resolve("agent/main.ts");
const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-program-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Folders of `agent/platform/` by what Node calls the platform. */
const foldersOf: Readonly<Record<string, readonly string[]>> = {
  linux: ["linux", "posix"],
  darwin: ["macos", "posix"],
  win32: ["windows"],
};

test.each([...new Set(targets.map(({ platform }) => platform))])(
  "%s gets no other platform's parts",
  async (platform) => {
    const files = await bundleProgram(entry, join(folder, platform), platform);
    const parts = files.map((path) => /^agent\/platform\/(\w+)\//.exec(path)?.[1]).filter((part) => part !== undefined);
    expect(new Set(parts)).toEqual(new Set(foldersOf[platform]));
  },
);

test("the same program gives the same code cache, which this Node takes", async () => {
  const [program, first, second] = ["program.js", "first", "second"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await bundleProgram(entry, program, "linux");
  for (const cache of [first, second]) makeCodeCache(process.execPath, program, cache);
  const cachedData = readFileSync(first);
  expect(cachedData.equals(readFileSync(second))).toBe(true);
  const text = readFileSync(program, "latin1");
  expect(new Script(text, { cachedData }).cachedDataRejected).toBe(false);
  // What the program adds to an executable.
  expect(text.length + cachedData.length).toBeLessThan(2e6);
});
