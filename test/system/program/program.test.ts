import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundleProgram } from "../../../installer/executable/bundle.ts";
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
