import { describe, expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { leastTime } from "../../agent/pace/simulate.ts";
import { limiterModels } from "../fakes/limiter.ts";
import { type PlainRollout, plainRollout, simulatePlain } from "./rollouts.ts";

const limit = { calls: 10, period: duration("1m") };
const hour = 3_600_000;

function figures(changes: Partial<PlainRollout> & { devices: number }) {
  const rollout = { ...plainRollout(changes.devices, limit), ...changes };
  const { linkedAt, calls, peak } = simulatePlain(rollout);
  const makespan = (linkedAt.at(-1) ?? Infinity) / leastTime(rollout);
  return { linked: linkedAt.length, calls: calls / rollout.devices, makespan, peak };
}

test("a seed repeats a simulation exactly", () => {
  expect(simulatePlain(plainRollout(200, limit))).toEqual(simulatePlain(plainRollout(200, limit)));
});

describe.each(limiterModels)("1000 devices against %s", (model) => {
  test("nothing configured: all get through", () => {
    const { linked, calls, makespan } = figures({ devices: 1000, model });
    expect(linked).toBe(1000);
    expect(calls).toBeLessThanOrEqual(model === "sliding-log-counting-refused" ? 4 : 2.1);
    expect(makespan).toBeLessThanOrEqual(model === "sliding-log-counting-refused" ? 8 : 2.8);
  });

  test("fleet size configured: nearly every device needs one call", () => {
    const { linked, calls, makespan, peak } = figures({ devices: 1000, model, fleetSize: 1000 });
    expect(linked).toBe(1000);
    expect(calls).toBeLessThanOrEqual(1.25);
    expect(makespan).toBeLessThanOrEqual(model === "sliding-log-counting-refused" ? 3 : 2);
    expect(peak).toBeLessThanOrEqual(30);
  });

  test("an outage and counted token calls lose no device", () => {
    const outage = { from: hour, to: 2 * hour };
    expect(figures({ devices: 1000, model, fleetSize: 1000, outage, tokenCalls: true }).linked).toBe(1000);
  });
});

test("devices that are on for a part of the day get through with the others", () => {
  const shifts = [
    { share: 0.8, length: 8 * hour },
    { share: 0.2, length: hour / 3 },
  ];
  const { linked } = figures({ devices: 2000, shifts, horizon: 5 * 24 * hour });
  expect(linked).toBe(2000);
});

test("behind a gateway that gives out places, two calls make a link, near the limit's own pace", () => {
  const { linked, calls, makespan } = figures({ devices: 1000, gateway: true });
  expect(linked).toBe(1000);
  expect(calls).toBeLessThanOrEqual(2.1);
  expect(makespan).toBeLessThanOrEqual(1.12);
});
