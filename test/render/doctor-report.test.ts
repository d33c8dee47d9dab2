import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckResult } from "../../agent/doctor/run-checks.ts";
import { renderReport } from "../../agent/render/doctor-report.ts";

function result(parts: Partial<CheckResult> = {}): CheckResult {
  return {
    name: "policy",
    status: "ok",
    detail: "none",
    advice: undefined,
    elapsedMs: 0,
    measured: false,
    error: undefined,
    ...parts,
  };
}

const render = (...results: readonly CheckResult[]): string[] => renderReport(results).split("\n");

test("nothing is cut, and the next step is below its failure", () => {
  const detail = "The secret is not protected, so it is not used: it has the mode 0644.".repeat(3);
  const [first, second] = render(result({ status: "fail", detail, advice: "sudo chmod 600 /etc/x", elapsedMs: 12 }));
  expect(first).toBe(` fail  policy         ${detail} (12 ms)`);
  expect(second).toBe("                      next: sudo chmod 600 /etc/x");
});

test("times are shown where they were measured or can be noticed", () => {
  const took = (parts: Partial<CheckResult>) => render(result(parts))[0]?.includes(" ms)");
  expect(took({ elapsedMs: 0, measured: true })).toBe(true);
  expect(took({ elapsedMs: 3 })).toBe(false);
  expect(took({ elapsedMs: 300 })).toBe(true);
  expect(took({ elapsedMs: 3, measured: true, status: "warn" })).toBe(false);
});

test("the last line is the one thing to do first", () => {
  const wrong = result({ name: "proxy", status: "warn", detail: "odd", advice: "correct these variables" });
  expect(render(result({ status: "warn", detail: "odd" }), wrong).at(-1)).toBe(
    "Nothing fails; 2 warnings. Start with proxy: correct these variables",
  );
  expect(render(wrong, result({ name: "state", status: "fail", advice: "sudo rm /x" })).at(-1)).toBe(
    "1 failed, 1 warning. Start with state: sudo rm /x",
  );
});

describe("the last line", () => {
  const last = (...results: readonly CheckResult[]) => render(...results).at(-1);

  test.each([
    [["ok", "skip"], "All is well."],
    [["ok", "warn"], "Nothing fails; 1 warning."],
    [["warn", "warn"], "Nothing fails; 2 warnings."],
    [["warn", "fail", "fail"], "2 failed, 1 warning. Start with check-1"],
  ] as const)("%j: %s", (statuses, text) => {
    expect(last(...statuses.map((status, at) => result({ status, name: `check-${at}` })))).toBe(text);
  });
});

test("the first warning with a next step is shown, an earlier run's failure last", () => {
  const state = result({ name: "state", status: "warn", advice: "linkuser-agent" });
  const user = result({ name: "user", status: "warn", advice: "linkuser-agent --dry-run" });
  expect(render(state, result({ status: "warn" }), user).at(-1)).toBe(
    "Nothing fails; 3 warnings. Start with user: linkuser-agent --dry-run",
  );
  expect(render(state).at(-1)).toBe("Nothing fails; 1 warning. Start with state: linkuser-agent");
});

test("text of others starts no line and moves no cursor", () => {
  const status = fc.constantFrom("ok", "warn", "fail", "skip");
  const text = fc.string({ unit: "binary", maxLength: 100 });
  fc.assert(
    fc.property(status, text, text, (status, detail, advice) => {
      const lines = render(result({ status, detail, advice }));
      for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      for (const line of lines.slice(1, -2)) expect(line).toMatch(/^ {22}/);
    }),
  );
});
