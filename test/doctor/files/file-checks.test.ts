import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkLogFile } from "../../../agent/doctor/files/log-file.ts";
import { checkState } from "../../../agent/doctor/files/state.ts";
import { formatMemory } from "../../../agent/link/memory.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { virtualClock } from "../../fakes/clock.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { makeRoot } from "../../platform/linux/tree.ts";

const now = Date.UTC(2026, 10, 23, 8);
const context = { platform: fakePlatform({ privileged: true }), clock: virtualClock(now) };
const settingsOf = (values: Readonly<Record<string, string>>) =>
  resolveSettings([{ kind: "file", location: undefined, values }]);
const stateFinding = (stateDir: string) => checkState(context, { settings: settingsOf({ stateDir }) });
const logFinding = (logFile: string) => checkLogFile(context, { settings: settingsOf({ logFile }) });

function stateOf(outcome: "linked" | "unreachable" | "waiting"): string {
  const lastRun = { outcome, message: "", errorCode: null, endedAt: now - 180_000 };
  return makeRoot({ "state.json": formatMemory({ lastRun }) });
}

describe("state", () => {
  test("a folder that is not there yet is made by the first run", () => {
    const root = makeRoot();
    expect(stateFinding(join(root, "a/b"))).toMatchObject({ status: "ok", detail: `no run yet; in ${root}/a/b` });
    expect(readdirSync(root)).toEqual([]);
  });

  test("shows the last run and leaves the folder as it was", () => {
    const root = stateOf("linked");
    expect(stateFinding(root)).toMatchObject({ status: "ok", detail: `last run: linked, 3 min ago; in ${root}` });
    expect(readdirSync(root)).toEqual(["state.json"]);
  });

  test("a last run that failed is a warning", () => {
    const advice = "linkuser-agent, once the other checks pass";
    expect(stateFinding(stateOf("unreachable"))).toMatchObject({ status: "warn", advice });
  });

  test("a last run that waits for its turn is no warning", () => {
    expect(stateFinding(stateOf("waiting"))).toMatchObject({ status: "ok" });
  });

  test("a damaged file is a warning, as the next run repairs it", () => {
    expect(stateFinding(makeRoot({ "state.json": "{" }))).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("damaged"),
    });
  });

  test("a folder that is a file fails, with the setting's name", () => {
    const path = join(makeRoot({ state: "" }), "state");
    expect(stateFinding(path)).toMatchObject({
      status: "fail",
      error: {
        code: "setting-invalid",
        message: `stateDir: ${path} can't be written: part of the path is a file, not a folder.`,
      },
    });
  });
});

describe("log file", () => {
  test("that exists is not changed", () => {
    const path = join(makeRoot(), "agent.log");
    writeFileSync(path, "line\n");
    expect(logFinding(path)).toEqual({ status: "ok", detail: path });
    expect(logFinding(join(path, "..", "later.log"))).toMatchObject({ status: "ok" });
  });

  test("whose path cannot even be looked at is a warning with the system's reason", () => {
    const path = join(makeRoot(), "n".repeat(300));
    expect(logFinding(path)).toMatchObject({
      status: "warn",
      detail: `logFile: ${path} can't be written: the name is too long.`,
    });
  });

  test("that is a folder is a warning, as a run goes on without a log", () => {
    expect(logFinding(makeRoot())).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("it is a folder"),
    });
  });
});
