import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** The queue by itself, in virtual time: fleets that come at the moments that they were given. */

const places = resolve(import.meta.dirname, "../../../installer/gateway/lua");

interface Fleet {
  readonly linked: number;
  /** Devices that come to their places and are not linked. */
  readonly waiting: number;
  readonly callsPerLink: number;
  /** In multiples of the minimum time that the limit allows. */
  readonly makespan: number;
  /** Most calls to the tenant within a period. */
  readonly busiest: number;
  /** Most calls that one device made. */
  readonly mostCalls: number;
  /** Calls to the tenant by certificates that call all the time. */
  readonly greedy: number;
  /** KiB. */
  readonly memory: number;
}

function simulate(options: Readonly<Record<string, number>>): Fleet {
  const words = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return JSON.parse(
    execFileSync("lua5.3", [join(import.meta.dirname, "simulate.lua"), places, ...words], { encoding: "utf8" }),
  );
}

describe("a fleet gets through at the limit's pace, with two calls a device", () => {
  test.each([
    ["60 at once", { devices: 60 }],
    ["1,000 within a minute", { devices: 1000, span: 60 }],
    ["1,000 within an hour", { devices: 1000, span: 3600 }],
    ["1,000 that come up to 20 s late", { devices: 1000, span: 60, late: 20 }],
    ["10,000 within a minute", { devices: 10_000, span: 60 }],
    ["1,000 and a restart that forgets the places", { devices: 1000, span: 600, restartAt: 1000 }],
  ])("%s", (_, options) => {
    const fleet = simulate(options);
    expect(fleet).toMatchObject({ linked: options.devices, waiting: 0 });
    expect(fleet.callsPerLink).toBeLessThanOrEqual(2.1);
    expect(fleet.makespan).toBeLessThanOrEqual(1.12);
    // The limit of 9, and one call that came half a turn early.
    expect(fleet.busiest).toBeLessThanOrEqual(10);
    expect(fleet.memory).toBeLessThan(32_768);
  });

  test.each([1, 2, 3, 4, 5])("for any chance (seed %i)", (seed) => {
    const fleet = simulate({ devices: 50 * seed, span: 100 * seed, late: 3 * seed, seed });
    expect(fleet).toMatchObject({ linked: 50 * seed, waiting: 0 });
    expect(fleet.callsPerLink).toBeLessThanOrEqual(2.1);
    expect(fleet.busiest).toBeLessThanOrEqual(10);
  });
});

test("an unused place goes to another waiting device", () => {
  // 15 % of 1,000 never return; the others return within an hour and a half.
  const fleet = simulate({ devices: 1000, span: 5400, absent: 0.15 });
  expect(fleet.waiting).toBe(0);
  // Were the places lost, it would be 1.18 times the minimum time.
  expect(fleet.makespan).toBeLessThanOrEqual(1.12);
});

test("a pause moves all places alike, and costs each device one more call", () => {
  const fleet = simulate({ devices: 1000, span: 600, pauseAt: 1000, pauseFor: 600 });
  expect(fleet).toMatchObject({ linked: 1000, waiting: 0, mostCalls: 3 });
  const pause = 600 / ((999 * 60) / 9);
  expect(fleet.makespan).toBeLessThanOrEqual(1.02 + pause);
});

test("a certificate that calls ten times a second for ever new devices has no more than three places", () => {
  const fleet = simulate({ devices: 100, greedy: 1, rate: 10 });
  expect(fleet).toMatchObject({ linked: 100, waiting: 0, mostCalls: 2 });
  expect(fleet.greedy).toBeLessThanOrEqual(6);
  expect(fleet.makespan).toBeLessThanOrEqual(1.06);
});

test("five such certificates take five certificates' share", () => {
  const fleet = simulate({ devices: 100, greedy: 5, rate: 10 });
  expect(fleet).toMatchObject({ linked: 100, waiting: 0 });
  expect(fleet.greedy).toBeLessThanOrEqual(20);
});
