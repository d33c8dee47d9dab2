import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readCommandLine } from "../../../agent/cli/command-line.ts";
import { link } from "../../../agent/commands/link.ts";
import type { Outcome } from "../../../agent/exit-codes.ts";
import type { LastRun } from "../../../agent/link/memory.ts";
import { absent } from "../../../agent/reading.ts";
import { eventReport } from "../../../agent/wiring/log/event-report.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { fakeRuntime } from "../../fakes/runtime.ts";

const noon = Date.UTC(2026, 10, 25, 12);
const quarter = 900_000;

/** The events of a run that warns of "no UPN" and ends. */
function reported(willRepeat: boolean, previous: Partial<LastRun> | undefined, outcome: Outcome, errorCode?: string) {
  const events: string[] = [];
  const reportEvent = (kind: string, message: string) => {
    events.push(`${kind}: ${message}`);
    return absent("fake", "none");
  };
  const before = previous && {
    outcome,
    message: "",
    errorCode: errorCode ?? null,
    endedAt: noon - quarter,
    ...previous,
  };
  const report = eventReport({ reportEvent }, { willRepeat, previous: before, now: () => noon });
  report.warn("no UPN");
  const early = [...events];
  report.end(outcome, errorCode, "the end");
  return { events, early };
}

test("a trigger's run that ends as the one before it reports nothing, not even its warnings", () => {
  expect(reported(true, {}, "already-linked").events).toEqual([]);
  expect(reported(true, {}, "no-user", "no-user").events).toEqual([]);
});

test.each<[string, Partial<LastRun> | undefined, Outcome, string?]>([
  ["the first run", undefined, "already-linked"],
  ["another outcome", { outcome: "linked" }, "already-linked"],
  ["another error of the same outcome", { errorCode: "not-connected" }, "unreachable", "server-error"],
  ["a link after a link", {}, "linked"],
  ["the first of a day", { endedAt: noon - 13 * 3_600_000 }, "no-user", "no-user"],
])("a trigger's run reports %s, and its warnings", (_, previous, outcome, errorCode) => {
  const { events, early } = reported(true, previous, outcome, errorCode);
  expect(early).toEqual([]);
  expect(events).toEqual(["warning: no UPN", `${outcome}: the end`]);
});

test("any other run reports everything at once", () => {
  const { events, early } = reported(false, {}, "already-linked");
  expect(early).toEqual(["warning: no UPN"]);
  expect(events).toEqual(["warning: no UPN", "already-linked: the end"]);
});

test("a night without a user is one event, plus one for a manual run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-events-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const events: string[] = [];
  const reportEvent = (kind: string) => {
    events.push(kind);
    return absent("fake", "none");
  };
  const runtime = fakeRuntime(fakePlatform({ sessions: [], others: { reportEvent } }), noon);
  const run = (...flags: readonly string[]) =>
    link(runtime, readCommandLine(["--identify=mac", `--state-dir=${folder}`, `--log-file=${folder}/log`, ...flags]));
  for (let start = 0; start < 3; start++) expect((await run("--will-repeat")).exitCode).toBe(67);
  expect(events).toEqual(["no-user"]);
  await run();
  expect(events).toEqual(["no-user", "no-user"]);
});
