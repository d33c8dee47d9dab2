import { describe, expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { type Check, check, prepare } from "../../agent/doctor/check.ts";
import { checks } from "../../agent/doctor/checks.ts";
import type { CheckValues } from "../../agent/doctor/context.ts";
import { runChecks } from "../../agent/doctor/run-checks.ts";
import { AgentError } from "../../agent/errors.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";

const refused = new AgentError("credentials-exposed", "The secret is not protected.", { remedy: "chmod 600 /x" });
const well = check("clock", [], () => ({ status: "ok", detail: "agrees" }));
const policy = check("policy", [], () => ({ status: "ok", detail: "none", value: true }));
const needsPolicy = check("state", ["policy"], (_, found) => ({ status: "ok", detail: `policy: ${found.policy}` }));
const failing = check("policy", [], () => ({ status: "fail", error: refused }));

async function run(table: readonly Check[], interrupted = new AbortController().signal) {
  const begun: string[] = [];
  const found: CheckValues = {};
  const context = { ...fakeRuntime(fakePlatform({})), interrupted, commandLine: readCommandLine(["doctor"]) };
  const results = await runChecks(table, context, found, (label) => void begun.push(label));
  return { results, begun, found };
}

test("the names of the checks are stable and differ", () => {
  const names = checks.filter(({ silent }) => !silent).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(20);
  expect(names).toEqual([...new Set(names)]);
  expect(names.every((name) => /^[a-z]+(-[a-z]+)*$/.test(name))).toBe(true);
});

test("a check comes after those that it needs", () => {
  const names = checks.map(({ name }) => name);
  const early = checks.flatMap(({ name, needs }, at) =>
    needs.filter((need) => !names.slice(0, at).includes(need)).map((need) => `${name} before ${need}`),
  );
  expect(early).toEqual([]);
});

test("a check's value goes to those that need it", async () => {
  const { results, found } = await run([policy, needsPolicy]);
  expect(results.map(({ name, status, detail }) => [name, status, detail])).toEqual([
    ["policy", "ok", "none"],
    ["state", "ok", "policy: true"],
  ]);
  expect(found).toEqual({ policy: true });
});

test("a check whose need is missing is skipped without running, and says what it needs", async () => {
  const { results, begun } = await run([failing, needsPolicy]);
  expect(results[1]).toMatchObject({ name: "state", status: "skip", detail: "needs policy", error: undefined });
  expect(begun).toEqual(["policy"]);
});

test("a check that is not for this machine is not reported", async () => {
  const { results } = await run([check("bindings", [], () => undefined), well]);
  expect(results.map(({ name }) => name)).toEqual(["clock"]);
});

test("a preparation is reported only where it fails", async () => {
  const ready = prepare("name", [], "the name", () => true as const);
  expect(await run([ready])).toMatchObject({ results: [], begun: ["the name"], found: { name: true } });
  const broken = prepare("name", [], "the name", () => {
    throw new TypeError("secret in a message");
  });
  const { results } = await run([broken, check("tls", ["name"], () => ({ status: "ok", detail: "", value: true }))]);
  expect(results).toMatchObject([
    { name: "name", status: "fail", error: { code: "internal" } },
    { name: "tls", status: "skip", detail: "needs name" },
  ]);
});

describe("a failure", () => {
  test.each([
    ["found", failing],
    [
      "thrown",
      check("policy", [], async () => {
        throw refused;
      }),
    ],
  ])("that is %s has the error's finding and the next step", async (_how, one) => {
    const { results } = await run([one]);
    expect(results).toMatchObject([
      { status: "fail", detail: "The secret is not protected.", advice: "chmod 600 /x", error: refused },
    ]);
  });

  test("of the program itself does not end the other checks", async () => {
    const broken = check("groups", [], () => {
      throw new TypeError("secret in a message");
    });
    const { results } = await run([broken, well]);
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ["fail", "internal"],
      ["ok", undefined],
    ]);
    expect(results[0]?.detail).not.toContain("secret");
  });
});

test("an interruption ends all checks at once, also after a successful one", async () => {
  const ending = new AbortController();
  const interrupted = new AgentError("interrupted", "Ended by SIGINT.");
  let later = 0;
  const during = check("groups", [], () => {
    ending.abort(interrupted);
    return { status: "ok", detail: "" };
  });
  const after = check("clock", [], () => {
    later++;
    return { status: "ok", detail: "" };
  });
  await expect(run([during, after], ending.signal)).rejects.toBe(interrupted);
  await expect(run([after], ending.signal)).rejects.toBe(interrupted);
  expect(later).toBe(0);
});

test("a time that a check measured itself is kept", async () => {
  const { results } = await run([check("groups", [], () => ({ status: "ok", detail: "", elapsedMs: 41.6 }))]);
  expect(results[0]).toMatchObject({ elapsedMs: 42, measured: true });
});
