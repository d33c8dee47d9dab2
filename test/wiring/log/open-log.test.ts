import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLog } from "../../../agent/wiring/log/open-log.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { fakeRuntime } from "../../fakes/runtime.ts";

function scene(onTerminal: boolean, resultBeside: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "agent.log");
  const shown: string[] = [];
  const reported: string[] = [];
  const writeError = (text: string) => void shown.push(text);
  const runtime = { ...fakeRuntime(fakePlatform({})), onTerminal, resultBeside, writeError };
  const { log, endLog } = openLog(runtime, "info", path, { warn: (message) => reported.push(message) });
  log.warn("server-error", "status 500");
  endLog.warn("too-many-requests", "the limit");
  return { shown: shown.join(""), reported, kept: readFileSync(path, "utf8") };
}

test("a terminal that shows the result shows nothing twice; the file has everything", () => {
  const { shown, kept } = scene(true, true);
  expect(shown).toMatch(/^\S+ warn {2}status 500\n$/);
  expect(kept.trim().split("\n")).toHaveLength(2);
});

test.each([true, false])("if the result goes elsewhere, standard error has everything (terminal: %s)", (onTerminal) => {
  const { shown, kept } = scene(onTerminal, false);
  expect(shown.trim().split("\n")).toHaveLength(2);
  if (!onTerminal) expect(shown).toBe(kept);
});

test("the event log gets the end only from the result", () => {
  expect(scene(false, false).reported).toEqual(["status 500"]);
});

test.each([
  [65_000, /^\S+ info {2}the server asked for this pause; waits until \d\d:\d\d:\d\d\n$/],
  [86_400_000, /pause; waits until \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d\n$/],
])("a terminal shows until when a run waits %i ms, in local time", (ms, expected) => {
  const shown: string[] = [];
  const runtime = {
    ...fakeRuntime(fakePlatform({})),
    onTerminal: true,
    writeError: (text: string) => void shown.push(text),
  };
  const { log } = openLog(runtime, "info", "/dev/null", { warn: () => {} });
  const until = new Date(runtime.clock.now() + ms).toISOString();
  log.info("waiting", "the server asked for this pause", { until });
  expect(shown[0]).toMatch(expected);
});
