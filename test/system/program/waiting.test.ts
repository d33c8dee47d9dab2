import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseMemory } from "../../../agent/link/memory.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { failure } from "../../fakes/gears-api.ts";
import { type Document, type Endpoint, setUpEndpoint, start, withDocument } from "../support/agent.ts";

/** Waiting runs: how they end, and what they leave to the next one. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears();
  endpoint = setUpEndpoint(gears, { deadline: "8h" });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

/** Seconds. */
const pause = 3600;
const refuse = (status: number): void =>
  gears.answerAlways("link_user", failure(status, "later", { "Retry-After": String(pause) }));

function readState() {
  const state = parseMemory(readFileSync(endpoint.stateFile, "utf8"));
  if (state === undefined) expect.fail("the state file is damaged");
  return state;
}

/** Runs the program until it waits, then sends a signal. */
async function endWhileWaiting(signal: NodeJS.Signals): Promise<{ exitCode: number | null; document: Document }> {
  const { child, ended } = start(["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile], {
    environment: endpoint.environment,
  });
  let log = "";
  child.stderr?.on("data", (text: string) => {
    log += text;
    // Once: a second signal would end the process without an answer.
    if (!child.killed && log.includes('"event":"waiting"')) child.kill(signal);
  });
  return withDocument(await ended);
}

test.each<[NodeJS.Signals, number, number, string]>([
  ["SIGTERM", 429, 75, "rate-limited"],
  ["SIGINT", 429, 75, "rate-limited"],
  ["SIGTERM", 503, 69, "unreachable"],
])("%s during the wait after a %i ends the run and keeps the schedule", async (signal, status, code, outcome) => {
  refuse(status);
  const { exitCode, document } = await endWhileWaiting(signal);
  expect([exitCode, document.outcome]).toEqual([code, outcome]);
  const { pace, notBefore, lastRun } = readState();
  expect(pace).toBeDefined();
  expect(notBefore).toBeGreaterThanOrEqual((gears.callsOf("link_user")[0]?.at ?? Number.NaN) + (pause - 1) * 1000);
  expect(lastRun?.outcome).toBe(outcome);
});

test("SIGTERM during the wait for the slot, up to the longest deadline", async () => {
  endpoint.configure({ splay: "30d" });
  const { exitCode, document } = await endWhileWaiting("SIGTERM");
  expect([exitCode, document.error?.code]).toEqual([75, "not-due"]);
  endpoint.configure({ splay: "30d", deadline: "30d" });
  expect((await endWhileWaiting("SIGTERM")).document.error?.code).toBe("interrupted");
  expect(gears.calls).toEqual([]);
});

test("--will-repeat leaves a long wait to later runs, which end at once without a call until the attempt is due", async () => {
  refuse(503);
  const first = await endpoint.link(["--will-repeat"]);
  expect([first.exitCode, first.document.error?.code]).toEqual([75, "not-due"]);
  expect(first.document.message).toContain("status 503");
  const calls = gears.calls.length;
  gears.answerByRules("link_user");
  const early = await endpoint.link(["--will-repeat"]);
  expect([early.exitCode, early.document.error?.code]).toEqual([75, "not-due"]);
  expect(gears.calls.length).toBe(calls);
  const { stdout, exitCode } = await endpoint.run(["status", "--json"]);
  expect(exitCode).toBe(75);
  expect(Date.parse(JSON.parse(stdout).nextTry)).toBeGreaterThan(Date.now());
  expect((await endpoint.run(["status"])).stdout).toMatch(/^Next {7}not before [-\d]+ [:\d]+ [-+][:\d]+, by /m);
});

test("--will-repeat does not ask for an unknown device at every start, but still reports it; --force asks", async () => {
  await using choosy = await startGears({ devices: [] });
  using unknown = setUpEndpoint(choosy, { deadline: "8h" });
  const first = await unknown.link(["--will-repeat"]);
  const calls = choosy.calls.length;
  const again = await unknown.link(["--will-repeat"]);
  expect(choosy.calls.length).toBe(calls);
  const { error, username, device } = first.document;
  expect(again.document).toMatchObject({ outcome: "device-unknown", error, username, requests: { linkUser: 0 } });
  expect([again.document.device, device]).toEqual([undefined, undefined]);
  const { stdout, exitCode } = await unknown.run(["status", "--json"]);
  expect([again.exitCode, exitCode]).toEqual([68, 68]);
  expect(Date.parse(JSON.parse(stdout).nextTry)).toBeGreaterThan(Date.now());
  await unknown.link(["--will-repeat", "--force"]);
  expect(choosy.calls.length).toBe(2 * calls);
});
