import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import type { Runtime } from "../../agent/commands/runtime.ts";
import { status } from "../../agent/commands/status.ts";
import { virtualClock } from "../fakes/clock.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { makeRoot } from "../platform/linux/tree.ts";

function toldTo(privileged: boolean): string {
  const runtime: Runtime = {
    platform: fakePlatform({ privileged }),
    environment: {},
    ignoredVariables: [],
    clock: virtualClock(0),
    random: () => 0.5,
    onTerminal: false,
    terminalWidth: () => 80,
    colour: false,
    executable: () => undefined,
    writeError: () => {},
    interrupted: new AbortController().signal,
  };
  return status(runtime, readCommandLine(["status", "--state-dir", join(makeRoot(), "state")])).text;
}

test("a plain user without a run is told that others' runs do not show", () => {
  expect(toldTo(false)).toMatch(/^Last run {3}none yet, .* shown to administrators alone$/);
  expect(toldTo(true)).toMatch(/^Last run {3}none yet, as far as \S+ tells$/);
});
