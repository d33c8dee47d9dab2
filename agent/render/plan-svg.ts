import { describeDuration } from "../duration.ts";
import type { PlanChoice, PlanResult } from "../pace/rollout-plan.ts";
import { counted } from "../printable.ts";
import { axisSteps } from "./time-axis.ts";

const width = 960;
const height = 580;
const plot = { left: 72, right: 936, top: 118, bottom: 420 } as const;
/** Distinct for people who do not see all colours (Okabe and Ito), and by their dashes in print. */
const strokes = [
  { colour: "#0072b2", dash: "none", width: 3.5 },
  { colour: "#d55e00", dash: "none", width: 2 },
  { colour: "#009e73", dash: "8 4", width: 2 },
  { colour: "#7a5195", dash: "2 4", width: 2 },
  { colour: "#666666", dash: "12 4 2 4", width: 2 },
] as const;

/** A picture for a change request: part of the fleet that is linked, over time, for each choice of settings. */
export function renderPlanSvg({ devices, rateLimit, tokenCalls, least, step, choices }: PlanResult): string {
  const longest = step * ((choices[0]?.usual.curve.length ?? 1) - 1);
  const x = (time: number): number => round(plot.left + (time / longest) * (plot.right - plot.left));
  const y = (part: number): number => round(plot.bottom - part * (plot.bottom - plot.top));
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(part)}" y2="${y(part)}"/>` +
      `<text class="small" x="${plot.left - 10}" y="${y(part) + 4}" text-anchor="end">${part * 100} %</text>`,
  );
  const ticks = axisSteps(longest, 12).map(
    ({ time, label }) =>
      `<line class="tick" x1="${x(time)}" x2="${x(time)}" y1="${plot.bottom}" y2="${plot.bottom + 6}"/>` +
      `<text class="small" x="${x(time)}" y="${plot.bottom + 22}" text-anchor="middle">${label}</text>`,
  );
  const curves = choices.map(({ usual }, index) => {
    const corners = usual.curve.map((part, point) => `${x(point * step)},${y(part)}`).join(" ");
    return `<polyline ${strokeOf(index)} points="${corners}"/>`;
  });
  const limit = `${rateLimit.calls} calls in ${describeDuration(rateLimit.period)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>Rollout to ${counted(devices, "device")}</title>`,
    "<style>text{font-family:system-ui,'Segoe UI','DejaVu Sans',sans-serif;fill:#222}.head{font-size:22px;font-weight:600}" +
      ".small{font-size:13px}.grid{stroke:#ddd}.tick,.axis{stroke:#666}.least{stroke:#666;stroke-dasharray:4 4}polyline{fill:none;stroke-linejoin:round}</style>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text class="head" x="24" y="40">Rollout to ${counted(devices, "device")}</text>`,
    `<text class="small" x="24" y="64">Devices linked over time, at ${limit}${tokenCalls ? ", token calls counted" : ""}. With every call used: ${describeDuration(least)} (dashed line).</text>`,
    ...grid,
    `<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>`,
    ...ticks,
    `<line class="least" x1="${x(least)}" x2="${x(least)}" y1="${plot.top - 18}" y2="${plot.bottom}"/>`,
    `<text class="small" x="${x(least)}" y="${plot.top - 24}" text-anchor="middle">minimum time</text>`,
    // The recommended curve is drawn last, over the others.
    ...curves.toReversed(),
    ...choices.map((choice, index) => legend(choice, index)),
    "</svg>",
    "",
  ].join("\n");
}

function legend({ name, recommended, usual }: PlanChoice, index: number): string {
  const left = 72 + (index % 2) * 440;
  const top = 470 + Math.floor(index / 2) * 40;
  const figures = `99 % in ${describeDuration(usual.most99)}, all in ${describeDuration(usual.all)}, ${usual.callsPerLink.toFixed(2)} calls for each link`;
  return (
    `<line ${strokeOf(index)} x1="${left}" x2="${left + 36}" y1="${top - 5}" y2="${top - 5}"/>` +
    `<text class="small" x="${left + 46}" y="${top}"><tspan font-weight="600">${name}${recommended ? " (recommended)" : ""}</tspan>` +
    `<tspan x="${left + 46}" dy="17">${figures}</tspan></text>`
  );
}

function strokeOf(index: number): string {
  const { colour, dash, width: thickness } = strokes[index % strokes.length] as (typeof strokes)[number];
  return `stroke="${colour}" stroke-width="${thickness}" stroke-dasharray="${dash}"`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
