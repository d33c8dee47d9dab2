import { expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { countdownIn } from "../../agent/render/countdown.ts";
import { createLiveLine } from "../../agent/render/live-line.ts";

/** The content of a terminal's line, and the cursor's column. */
function terminal(columns: number) {
  let cells: string[] = [];
  let at = 0;
  let furthest = 0;
  const write = (text: string): void => {
    for (const character of text) {
      if (character === "\r") at = 0;
      else cells[at++] = character;
      furthest = Math.max(furthest, at);
    }
  };
  return {
    line: createLiveLine(write, () => columns),
    shown: () => cells.join("").trimEnd(),
    furthest: () => furthest,
    clear: () => {
      cells = [];
    },
  };
}

test("a shorter text erases a longer one, and the end erases everything", () => {
  const { line, shown } = terminal(80);
  line.show("waiting 1 min 40 s");
  line.show("waiting 9 s");
  expect(shown()).toBe("waiting 9 s");
  line.erase();
  expect(shown()).toBe("");
});

test("if nothing is shown, nothing is written", () => {
  const { line, furthest } = terminal(80);
  line.erase();
  expect(furthest()).toBe(0);
});

test("a line never reaches the last column, which would break it", () => {
  const { line, shown, furthest } = terminal(20);
  line.show("x".repeat(100));
  expect(shown()).toBe("x".repeat(19));
  line.erase();
  expect(furthest()).toBe(19);
});

test("a longer text is cut at a word", () => {
  const { line, shown } = terminal(20);
  line.show("waiting 1 min for the limit");
  expect(shown()).toBe("waiting 1 min for");
  line.show("waiting 12 min for the limit");
  expect(shown()).toBe("waiting 12 min for");
});

test("a wait fits 60 columns: how long, for what, and what ends it", () => {
  const { line, shown } = terminal(60);
  countdownIn(line).show(200_000, new AgentError("too-many-requests", ""));
  expect(shown()).toBe("waiting 3 min 20 s for the limit; Ctrl-C ends this run");
  countdownIn(line).show(3_590_000, new AgentError("identity-unreadable", ""));
  expect(shown()).toMatch(/ for the directory; Ctrl-C ends this run$/);
});
