import { describeDuration } from "../duration.ts";
import type { Forecast, PlanChoice, PlanResult } from "../pace/rollout-plan.ts";
import { counted } from "../printable.ts";
import { axisSteps } from "./time-axis.ts";

const plotHeight = 10;

/**
 * The plan, without colours.
 * @param width columns, 60 or more
 */
export function renderPlanText(plan: PlanResult, width: number): string {
  const { devices, rateLimit, logonSpread, tokenCalls, least, choices } = plan;
  const name = (choice: PlanChoice): string => `${choice.recommended ? "> " : "  "}${choice.name}`;
  // A narrow terminal has the figures below the name.
  const narrow = width < 80;
  const line = (start: string, times: readonly string[], calls: string): string =>
    [
      narrow ? `${start}\n    ` : start.padEnd(20),
      ...times.map((time) => time.padStart(narrow ? 12 : 13)),
      calls.padStart(7),
    ].join("");
  const row = (choice: PlanChoice, { half, most90, most99, all, callsPerLink }: Forecast): string =>
    line(name(choice), [half, most90, most99, all].map(describeDuration), callsPerLink.toFixed(2));
  const limit = `${rateLimit.calls} calls in ${describeDuration(rateLimit.period)}`;
  return [
    `${counted(devices, "device")} at ${limit}, first logons within ${describeDuration(logonSpread)}${tokenCalls ? ", token calls counted" : ""}`,
    `Minimum time, with every call used and none refused: ${describeDuration(least)}`,
    "",
    line("Linked after", ["50 %", "90 %", "99 %", "all"], "calls"),
    ...choices.map((choice) => row(choice, choice.usual)),
    "",
    "If the server counts refused calls too (the hardest case):",
    ...choices.map((choice) => row(choice, choice.hardest)),
    "",
    ...chart(plan, Math.min(72, width - 8)),
    "",
    ...choices.flatMap((choice) => [name(choice), `    ${choice.remark}`]),
    "",
    "calls: a device's calls per link; of two calls to a gateway, only the second reaches the API.",
    ">: recommended.",
    "The simulation keeps every device on: add the time for which yours are off.",
  ].join("\n");
}

/** The recommended choice and the one without settings: later signs are drawn over earlier ones. */
function chart({ choices, step }: PlanResult, plotWidth: number): string[] {
  const drawn = choices.slice(0, 2).map((choice, index) => ({ choice, sign: index === 0 ? "●" : "·" }));
  const span = step * ((choices[0]?.usual.curve.length ?? 1) - 1);
  const grid = Array.from({ length: plotHeight + 1 }, () => new Array<string>(plotWidth).fill(" "));
  for (const { choice, sign } of drawn.toReversed()) {
    const { curve } = choice.usual;
    for (let column = 0; column < plotWidth; column++) {
      const value = curve[Math.round((column * (curve.length - 1)) / (plotWidth - 1))] ?? 0;
      const line = grid[plotHeight - Math.round(value * plotHeight)];
      if (line !== undefined) line[column] = sign;
    }
  }
  const labels = new Map([
    [0, "100 %"],
    [plotHeight / 2, " 50 %"],
    [plotHeight, "  0 %"],
  ]);
  const axis = new Array<string>(plotWidth).fill("─");
  const numbers = new Array<string>(plotWidth + 8).fill(" ");
  for (const { time, label } of axisSteps(span, Math.floor(plotWidth / 9))) {
    const column = Math.round((time / span) * (plotWidth - 1));
    axis[column] = "┴";
    const start = Math.max(0, Math.min(plotWidth - label.length, column - Math.floor(label.length / 2)));
    [...label].forEach((letter, index) => {
      numbers[start + index] = letter;
    });
  }
  return [
    `Linked    ${drawn.map(({ choice, sign }) => `${sign} ${choice.name}`).join("    ")}`,
    ...grid.map((line, index) => `${labels.get(index) ?? "     "} │${line.join("")}`.trimEnd()),
    `      └${axis.join("")}`,
    `       ${numbers.join("")}`.trimEnd(),
  ];
}
