import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { status } from "../../agent/commands/status.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

function toldTo(privileged: boolean): string {
  const runtime = fakeRuntime(fakePlatform({ privileged }));
  return status(runtime, readCommandLine(["status", "--state-dir", join(makeRoot(), "state")])).text;
}

test("a plain user without a run is told that others' runs do not show", () => {
  expect(toldTo(false)).toMatch(/^Last run {3}none yet, .* shown to administrators alone$/);
  expect(toldTo(true)).toMatch(/^Last run {3}none yet, as far as \S+ tells$/);
});

test("what the last run went on without is shown", () => {
  const lastRun = { outcome: "linked", message: "OK", errorCode: null, endedAt: 0, warnings: ["a group has no name"] };
  const root = makeRoot({ "state/state.json": JSON.stringify({ version: 1, lastRun }) });
  const shown = status(fakeRuntime(fakePlatform({})), readCommandLine(["status", "--state-dir", join(root, "state")]));
  expect(shown.text).toMatch(/^Warning {4}a group has no name$/m);
  expect(shown.document).toMatchObject({ lastRun: { warnings: ["a group has no name"] } });
});
