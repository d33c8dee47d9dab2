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

test("the picture's place is shown", () => {
  const picture = join(makeRoot(), "rollout.svg");
  expect(run("--svg", picture).text.split("\n").at(-1)).toBe(`Drawn into ${picture}.`);
  expect(readFileSync(picture, "utf8")).toMatch(/^<svg .*<\/svg>\s*$/s);
  expect(run().text).not.toContain("Drawn");
});

test("a picture that can't be written is a mistake of the command line", () => {
  expect(() => run("--svg", "/nonexistent/rollout.svg")).toThrow(
    expect.objectContaining({ code: "invalid-value", message: expect.stringContaining("no such file") }),
  );
});

test("the splay that is set is forecast beside the recommended size", () => {
  expect(run("--splay", "2h").text).toContain("splay 2h, set");
  expect(run("--splay", "2h").document).toMatchObject({
    choices: [{ recommended: true }, { name: "nothing set" }, { settings: { splay: "2h" } }],
  });
  expect(run().text).not.toContain(", set");
});

test("one device is one device", () => {
  const platform = fakePlatform({});
  const { text } = planCommand(fakeRuntime(platform), readCommandLine(["plan", "--devices", "1"]));
  expect(text).toMatch(/^1 device at /);
});

test("a terminal shows the progress of a simulation after a second", () => {
  const shown = (step: number): string => {
    let time = 0;
    let written = "";
    const runtime = {
      ...fakeRuntime(fakePlatform({})),
      onTerminal: true,
      writeError: (text: string) => {
        written += text;
      },
    };
    const clock = { ...runtime.clock, monotonic: () => (time += step) };
    planCommand({ ...runtime, clock }, readCommandLine(["plan", "--devices", "20"]));
    return written;
  };
  expect(shown(700)).toContain("simulating nothing set");
  expect(shown(10)).toBe("");
});
