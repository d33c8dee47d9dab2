import { describeDuration } from "../duration.ts";
import type { Forecast, PlanChoice, PlanResult } from "../pace/rollout-plan.ts";
import { axisSteps } from "./time-axis.ts";

const plotWidth = 72;
const plotHeight = 10;

/** `1 device`, `2 devices`. */
export const countedDevices = (count: number): string => (count === 1 ? "1 device" : `${count} devices`);

/** The plan for a terminal of 80 columns, without colours. */
export function renderPlanText(plan: PlanResult): string {
  const { devices, rateLimit, logonSpread, tokenCalls, least, choices } = plan;
  const name = (choice: PlanChoice): string => `${choice.recommended ? "> " : "  "}${choice.name}`;
  const row = (choice: PlanChoice, { half, most90, most99, all, callsPerLink }: Forecast): string =>
    [
      name(choice).padEnd(20),
      ...[half, most90, most99, all].map((time) => describeDuration(time).padStart(13)),
      callsPerLink.toFixed(2).padStart(7),
    ].join("");
  const heading = `${"".padEnd(20)}${["50 %", "90 %", "99 %", "all"].map((part) => part.padStart(13)).join("")}  calls`;
  return [
    `${countedDevices(devices)} at ${rateLimit.calls} calls in ${describeDuration(rateLimit.period)}, first logons within ${describeDuration(logonSpread)}${tokenCalls ? ", token calls counted" : ""}`,
    `Least time, with every call used and none refused: ${describeDuration(least)}`,
    "",
    `Linked after${heading.slice(12)}`,
    ...choices.map((choice) => row(choice, choice.usual)),
    "",
    "If the server counts refused calls too (the hardest case):",
    ...choices.map((choice) => row(choice, choice.hardest)),
    "",
    ...chart(plan),
    "",
    ...choices.flatMap((choice) => [name(choice), `    ${choice.remark}`]),
    "",
    "calls: calls of the limit for each link. > recommended.",
    "Simulated with this program's own schedule, all devices staying on; time that a",
    "device is off comes on top.",
  ].join("\n");
}

/** The recommended choice and the one without settings: later signs are drawn over earlier ones. */
function chart({ choices, step }: PlanResult): string[] {
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
  for (const { time, label } of axisSteps(span, 8)) {
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
