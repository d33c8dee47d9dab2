import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { status } from "../../agent/commands/status.ts";
import { describeLocalMoment } from "../../agent/duration.ts";
import { found, type Reading } from "../../agent/reading.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

function shownTo(privileged: boolean): string {
  const runtime = fakeRuntime(fakePlatform({ privileged }));
  return status(runtime, readCommandLine(["status", "--state-dir", join(makeRoot(), "state")])).text;
}

test("without a run the next step is shown; a plain user may not see others' runs", () => {
  expect(shownTo(false)).toMatch(
    /^Last run {3}none yet in \S+; only administrators see the runs of the logon trigger\nnext: sudo linkuser-agent status$/,
  );
  expect(shownTo(true)).toMatch(/^Last run {3}none yet in \S+\nnext: linkuser-agent doctor$/);
});

test("warnings of the last run are shown", () => {
  const lastRun = { outcome: "linked", message: "OK", errorCode: null, endedAt: 0, warnings: ["a group has no name"] };
  const root = makeRoot({ "state/state.json": JSON.stringify({ version: 1, lastRun }) });
  const shown = status(fakeRuntime(fakePlatform({})), readCommandLine(["status", "--state-dir", join(root, "state")]));
  expect(shown.text).toMatch(/^Warning {4}a group has no name$/m);
  expect(shown.document).toMatchObject({ lastRun: { warnings: ["a group has no name"] } });
});

function shownFor(state: object, trigger?: () => Reading<string>) {
  const root = makeRoot({ "state/state.json": JSON.stringify({ version: 1, ...state }) });
  const runtime = fakeRuntime(fakePlatform(trigger === undefined ? {} : { others: { trigger } }));
  return status(runtime, readCommandLine(["status", "--relink-after", "30d", "--state-dir", join(root, "state")]));
}

const notBefore = Date.UTC(2026, 10, 30, 12);
const link = {
  device: { value: "00:0c:29:f2:7a:29", opt: 0, source: "mac", detail: "eth0" },
  username: "alice",
  group: null,
  tenant: "https://gears.opswat.com",
  account: null,
  linkedAt: notBefore,
};
const installed = () => found("linkuser-agent@.service", "systemd");

test.each([
  [
    "the run that waits",
    { notBefore, waiter: 4711 },
    installed,
    { by: "waiting-run", pid: 4711 },
    "process 4711, which is waiting",
  ],
  ["the trigger", { notBefore }, installed, { by: "trigger" }, "the trigger"],
  ["the next run, where nothing starts one", { notBefore }, undefined, { by: "next-run" }, "the next run"],
] as const)("what comes next is shown: by %s, in local time and UTC", (_, state, trigger, by, actor) => {
  const { document, text } = shownFor(state, trigger);
  expect(document).toMatchObject({
    next: { at: "2026-11-30T12:00:00.000Z", ...by },
    nextTry: "2026-11-30T12:00:00.000Z",
  });
  expect(text).toContain(`Next       not before ${describeLocalMoment(notBefore)}, by ${actor}`);
});

test("a link is due again after relinkAfter plus a share of up to a tenth, fixed for the device", () => {
  const { document } = shownFor({ link }, installed) as { document: { next?: { at: string } } };
  const after = Date.parse(document.next?.at ?? "") - notBefore;
  expect(after / 86_400_000).toBeGreaterThanOrEqual(30);
  expect(after / 86_400_000).toBeLessThanOrEqual(33);
  expect(document).toMatchObject({ next: { by: "trigger" }, nextTry: null });
});

test("a dock that is linked is named", () => {
  const device = { ...link.device, detail: "eth2", detachable: true };
  expect(shownFor({ link: { ...link, device } }).text).toContain(
    "Device     00:0c:29:f2:7a:29 (mac, eth2, USB adapter or dock) at https://gears.opswat.com",
  );
});

test.each([
  ["linked", null, /by the next run$/],
  ["waiting", "not-due", /^Last run/],
  ["protocol", "tls-untrusted", /\nnext: linkuser-agent doctor$/],
])("after %s the last line is the next step, where there is one", (outcome, errorCode, expected) => {
  const lastRun = { outcome, errorCode, message: "said", endedAt: 0 };
  const { text } = shownFor({ lastRun, ...(outcome === "linked" && { link }) });
  expect(text).toMatch(expected);
  if (outcome === "waiting") expect(text).not.toContain("next:");
});
