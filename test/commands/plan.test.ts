import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { planCommand } from "../../agent/commands/plan.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

const run = (...args: readonly string[]) => {
  const platform = fakePlatform({});
  return planCommand(fakeRuntime(platform), readCommandLine(["plan", "--devices", "20", ...args]));
};

test("where the picture was drawn is told", () => {
  const picture = join(makeRoot(), "rollout.svg");
  expect(run("--svg", picture).text.split("\n").at(-1)).toBe(`Drawn into ${picture}.`);
  expect(readFileSync(picture, "utf8")).toMatch(/^<svg .*<\/svg>\s*$/s);
  expect(run().text).not.toContain("Drawn");
});

test("a picture that can't be written is a mistake of the command line", () => {
  expect(() => run("--svg", "/nonexistent/rollout.svg")).toThrow(
    expect.objectContaining({ code: "invalid-value", message: expect.stringContaining("ENOENT") }),
  );
});
