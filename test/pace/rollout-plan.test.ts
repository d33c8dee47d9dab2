import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { type PlanInput, plan } from "../../agent/pace/rollout-plan.ts";
import { renderPlanSvg } from "../../agent/render/plan-svg.ts";
import { renderPlanText } from "../../agent/render/plan-text.ts";
import { fitTerminal } from "../../agent/render/terminal-text.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";

const input: PlanInput = {
  devices: 300,
  rateLimit: { calls: 10, period: duration("1m") },
  logonSpread: duration("1h"),
  tokenCalls: false,
};
const result = plan(input);

test("the same question has the same answer, and it is plain JSON", () => {
  expect(plan(input)).toEqual(result);
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
});

test("one choice is recommended: the fleet's true size", () => {
  const recommended = result.choices.filter((choice) => choice.recommended);
  expect(recommended.map(({ settings }) => settings)).toEqual([{ fleetSize: 300 }]);
});

test("every forecast rises from 0 to 100 % and costs at least one call per link", () => {
  for (const { usual, hardest } of result.choices) {
    for (const { half, most90, most99, all, callsPerLink, curve } of [usual, hardest]) {
      expect([half, most90, most99, all]).toEqual([half, most90, most99, all].toSorted((a, b) => a - b));
      expect(all).toBeGreaterThanOrEqual(result.least * 0.9);
      expect(callsPerLink).toBeGreaterThanOrEqual(1);
      expect(curve).toEqual(curve.toSorted((a, b) => a - b));
    }
    expect(usual.curve.at(-1)).toBe(1);
  }
});

test("a gateway is a choice of its own: two calls for each link, near the minimum time however the server counts", () => {
  const gateway = result.choices.find(({ name }) => name === "a gateway");
  for (const { callsPerLink, all } of [gateway?.usual, gateway?.hardest].filter((one) => one !== undefined)) {
    expect(callsPerLink).toBeLessThanOrEqual(2.1);
    // First logons are spread over an hour, and first attempts over the window after that.
    expect(all).toBeLessThanOrEqual(input.logonSpread + duration("30m"));
  }
  expect(gateway?.settings).toEqual({ auth: "none" });
});

test("token calls that count double the minimum time; a limit twice as high halves it", () => {
  const counted = plan({ ...input, tokenCalls: true });
  expect(counted.least).toBe(2 * result.least);
  expect(counted.choices.find(({ recommended }) => recommended)?.settings).toEqual({ fleetSize: 600 });
  expect(plan({ ...input, rateLimit: { calls: 20, period: duration("1m") } }).least).toBe(result.least / 2);
});

test("a rollout of more than a year is forecast to its end, without settings that are not allowed", () => {
  const { choices } = plan({ ...input, devices: 20, rateLimit: { calls: 1, period: duration("60d") } });
  for (const { settings, usual } of choices) {
    expect(() => resolveSettings([{ kind: "file", location: undefined, values: settings }])).not.toThrow();
    expect(usual.all).toBeGreaterThan(Number(duration("365d")));
    expect(usual.callsPerLink).toBeGreaterThanOrEqual(1);
  }
  expect(choices.map(({ name }) => name)).toEqual(["fleetSize 20", "nothing set", "a gateway"]);
});

test("a rollout without an end, as tokens do not last until the next call, is refused", () => {
  const tiny = { devices: 3, rateLimit: { calls: 1, period: duration("365d") }, tokenCalls: true };
  expect(() => plan({ ...input, ...tiny })).toThrow(expect.objectContaining({ code: "invalid-value" }));
});

test.each([
  [1, 80],
  [2, 80],
  [300, 60],
  [300, 80],
  [2000, 60],
])("%i devices: the text fits %i columns and names every choice", (devices, width) => {
  const made = plan({ ...input, devices });
  const text = renderPlanText(made, width);
  for (const line of fitTerminal(text, { columns: width, colour: false }).split("\n")) {
    expect(line.length).toBeLessThanOrEqual(width);
  }
  for (const { name } of made.choices) expect(text).toContain(name);
  expect(text, "figures run together").not.toMatch(/min\d/);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test.each([1, 2, 300])("%i devices: the picture is whole", (devices) => {
  const svg = renderPlanSvg(plan({ ...input, devices }));
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(svg.match(/<polyline /g)).toHaveLength(5);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
