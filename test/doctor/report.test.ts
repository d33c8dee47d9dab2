import { describe, expect, test } from "vitest";
import { createReport } from "../../agent/doctor/report.ts";
import { AgentError } from "../../agent/errors.ts";
import { virtualClock } from "../fakes/clock.ts";

const refused = new AgentError("credentials-exposed", "The secret is not protected.", { remedy: "chmod 600 /x" });

function report(interrupted = new AbortController().signal) {
  return createReport(virtualClock(), (error) => (error === refused ? "chmod 600 FILE" : undefined), interrupted);
}

test("a check's value is for those that need it", async () => {
  const { check, results } = report();
  const settings = await check("settings", {}, () => ({ status: "ok", detail: "read", value: 7 }));
  await check("state", { settings }, (needs) => ({ status: "ok", detail: `got ${needs.settings + 1}` }));
  expect(results.map(({ name, status, detail }) => [name, status, detail])).toEqual([
    ["settings", "ok", "read"],
    ["state", "ok", "got 8"],
  ]);
});

test("a check is told as it begins, one that is skipped is not", async () => {
  const begun: string[] = [];
  const begins = (name: string) => void begun.push(name);
  const { check } = createReport(virtualClock(), () => undefined, new AbortController().signal, begins);
  await check("settings", {}, () => ({ status: "ok", detail: begun.join() }));
  await check("state", { settings: undefined }, () => ({ status: "ok", detail: "" }));
  expect(begun).toEqual(["settings"]);
});

test("a check whose need is missing is skipped, and says what it needs", async () => {
  const { check, results } = report();
  const settings = await check("settings", {}, () => ({ status: "fail", error: refused }));
  await check("state", { settings }, () => {
    throw new Error("must not run");
  });
  expect(results[1]).toMatchObject({ name: "state", status: "skip", detail: "needs settings", error: undefined });
});

describe("a failure", () => {
  test.each([
    ["found", async () => ({ status: "fail", error: refused }) as const],
    [
      "thrown",
      async () => {
        throw refused;
      },
    ],
  ])("that is %s has the error's finding and the next step", async (_how, work) => {
    const { check, results } = report();
    await check("credential", {}, work);
    expect(results).toEqual([
      expect.objectContaining({
        status: "fail",
        detail: "The secret is not protected.",
        advice: "chmod 600 FILE",
        error: refused,
      }),
    ]);
  });

  test("of the program itself does not end the examination", async () => {
    const { check, results } = report();
    await check("clock", {}, () => {
      throw new TypeError("secret in a message");
    });
    await check("token", {}, () => ({ status: "ok", detail: "" }));
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ["fail", "internal"],
      ["ok", undefined],
    ]);
    expect(results[0]?.detail).not.toContain("secret");
  });
});

test("an interruption ends the examination at once, also where the check ended well", async () => {
  const ending = new AbortController();
  const { check, results } = report(ending.signal);
  const interrupted = new AgentError("interrupted", "Ended by SIGINT.");
  const running = check("token", {}, async () => {
    ending.abort(interrupted);
    return { status: "ok", detail: "" };
  });
  await expect(running).rejects.toBe(interrupted);
  await expect(check("rate-limit", {}, () => ({ status: "ok", detail: "" }))).rejects.toBe(interrupted);
  expect(results).toEqual([]);
});

test("a time that was taken elsewhere stands", async () => {
  const { check, results } = report();
  await check("groups", {}, () => ({ status: "ok", detail: "", elapsedMs: 41.6 }));
  expect(results[0]).toMatchObject({ elapsedMs: 42, measured: true });
});
