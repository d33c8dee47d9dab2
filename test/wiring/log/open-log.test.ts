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

test("a terminal that shows the result has nothing of it twice; the file has all", () => {
  const { shown, kept } = scene(true, true);
  expect(shown).toMatch(/^\S+ warn {2}status 500\n$/);
  expect(kept.trim().split("\n")).toHaveLength(2);
});

test.each([true, false])("where the result goes elsewhere, standard error has all (terminal: %s)", (onTerminal) => {
  const { shown, kept } = scene(onTerminal, false);
  expect(shown.trim().split("\n")).toHaveLength(2);
  if (!onTerminal) expect(shown).toBe(kept);
});

test("the event log gets the end from the result alone", () => {
  expect(scene(false, false).reported).toEqual(["status 500"]);
});
