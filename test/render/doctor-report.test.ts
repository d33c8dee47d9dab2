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

const render = (...results: readonly CheckResult[]): string[] => renderReport(results, false).split("\n");

test("a check that is well has one line, however long its detail is", () => {
  const [line, next] = render(result({ detail: "word ".repeat(40), elapsedMs: 12 }));
  expect(line).toHaveLength(80);
  expect(line).toMatch(/^ ok {4}policy {9}word .*… \(12 ms\)$/);
  expect(next).toBe("");
});

test("what fails is told whole, in the column of details, and then what to do", () => {
  const detail = "The secret is not protected, so it is not used: it has the mode 0644.";
  const [first, second, third] = render(result({ status: "fail", detail, advice: "sudo chmod 600 /etc/x" }));
  expect(first).toBe(" fail  policy         The secret is not protected, so it is not used: it has the");
  expect(second).toBe("                      mode 0644.");
  expect(third).toBe("                      next: sudo chmod 600 /etc/x");
});

test("a long command stays in one piece", () => {
  const advice = "sudo install -D -m 600 FILE /etc/linkuser-agent/credential.json";
  expect(render(result({ status: "fail", advice }))).toContain(`  next: ${advice}`);
});

test("times are told where they were measured or can be noticed", () => {
  const took = (parts: Partial<CheckResult>) => render(result(parts))[0]?.includes(" ms)");
  expect(took({ elapsedMs: 0, measured: true })).toBe(true);
  expect(took({ elapsedMs: 3 })).toBe(false);
  expect(took({ elapsedMs: 300 })).toBe(true);
  expect(took({ elapsedMs: 3, measured: true, status: "warn" })).toBe(false);
});

describe("the last line", () => {
  const last = (...results: readonly CheckResult[]) => render(...results).at(-1);

  test.each([
    [["ok", "skip"], "All is well."],
    [["ok", "warn"], "Nothing fails; 1 warning."],
    [["warn", "warn"], "Nothing fails; 2 warnings."],
    [["warn", "fail", "fail"], "2 failed, 1 warning. Begin with check-1, then run this again."],
  ] as const)("%j: %s", (statuses, text) => {
    expect(last(...statuses.map((status, at) => result({ status, name: `check-${at}` })))).toBe(text);
  });
});

test("colours are around the status alone", () => {
  const plain = renderReport([result({ status: "fail", advice: "look" })], false);
  const coloured = renderReport([result({ status: "fail", advice: "look" })], true);
  const start = "\u001b";
  expect(coloured.startsWith(` ${start}[31;1mfail${start}[0m  policy`)).toBe(true);
  expect(coloured.replaceAll(`${start}[31;1m`, "").replaceAll(`${start}[0m`, "")).toBe(plain);
});

test("no text of others leaves its column, moves the cursor or makes a line too long", () => {
  const status = fc.constantFrom("ok", "warn", "fail", "skip");
  const text = fc.string({ unit: "binary", maxLength: 100 });
  fc.assert(
    fc.property(status, text, text, (status, detail, advice) => {
      for (const line of render(result({ status, detail, advice }))) {
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        // A word that is longer than the column and a command are left whole.
        const longestWord = Math.max(
          ...line
            .trim()
            .split(" ")
            .map((word) => word.length),
        );
        expect(line.length <= 80 || longestWord > 58 || line.startsWith("  next: ")).toBe(true);
      }
    }),
  );
});
