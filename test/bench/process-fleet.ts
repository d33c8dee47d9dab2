import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Duration } from "../../agent/duration.ts";
import { leastTime } from "../../agent/pace/simulate.ts";
import { type Gears, startGears } from "../fakes/gears.ts";
import { plainRollout, simulatePlain } from "../pace/rollouts.ts";

/**
 * A small fleet of real processes on this machine against the fake Gears's limit. Each is a separate device by a
 * hardware UUID in a systemd credentials directory, as an unprivileged unit gets it.
 */

export interface Fleet {
  readonly devices: number;
  readonly limit: { readonly calls: number; readonly period: number };
  readonly fleetSize: number | undefined;
  /** All start within this span, at random, ms. */
  readonly logonSpan: number;
}

/** The way of a fleet's calls to the fake Gears. */
export interface FleetWay extends AsyncDisposable {
  readonly gears: Gears;
  /** Settings of a device that has this folder, with the files that they name. */
  settingsFor(home: string, device: number): Readonly<Record<string, unknown>>;
  /** How many calls devices have made. */
  calls(): number;
}

/** Without anything between. */
export async function straight({ limit }: Fleet): Promise<FleetWay> {
  const gears = await startGears({ limit: { calls: limit.calls, periodMs: limit.period } });
  return {
    gears,
    settingsFor: () => ({ baseUrl: gears.baseUrl, clientId: gears.clientId }),
    calls: () => gears.callsOf("link_user").length,
    [Symbol.asyncDispose]: () => gears.close(),
  };
}

export interface FleetRun {
  /** How each process ended. */
  readonly exitCodes: readonly (number | null)[];
  /** Devices that the fake Gears has linked. */
  readonly linked: number;
  /** Calls that the fake Gears accepted. */
  readonly accepted: number;
  /** Calls that it refused for its limit. */
  readonly refused: number;
  readonly callsPerLink: number;
  /** From the first start to the last accepted call, ms. */
  readonly makespan: number;
}

/** Runs all processes to their end. @param executable absolute path */
export async function runFleet(executable: string, fleet: Fleet, openWay = straight): Promise<FleetRun> {
  const { devices, limit, fleetSize, logonSpan } = fleet;
  using scratch = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-fleet-"));
  await using way = await openWay(fleet);
  const { gears } = way;
  const homes = Array.from({ length: devices }, (_, device) => {
    const home = join(scratch.path, String(device));
    mkdirSync(home);
    writeFileSync(join(home, "product_uuid"), `${randomUUID()}\n`, { mode: 0o600 });
    const settings = {
      ...way.settingsFor(home, device),
      identify: ["hwid"],
      maxCandidates: 1,
      excludeUsers: [],
      proxy: "none",
      rateLimit: `${limit.calls}/${limit.period}ms`,
      fleetSize,
      stateDir: join(home, "state"),
      logFile: join(home, "log"),
    };
    const config = join(home, "config.json");
    writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
    return { home, config };
  });
  const started = Date.now();
  const ends = homes.map(async ({ home, config }) => {
    await new Promise((start) => setTimeout(start, Math.random() * logonSpan));
    const child = spawn(executable, ["--config", config, "--user", userInfo().username], {
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        CREDENTIALS_DIRECTORY: home,
        LINKUSER_CLIENT_SECRET: gears.clientSecret,
      },
      stdio: "ignore",
      timeout: 600_000,
      killSignal: "SIGKILL",
    });
    return await new Promise<number | null>((end, fail) => child.on("error", fail).on("close", end));
  });
  const exitCodes = await Promise.all(ends);
  const calls = gears.callsOf("link_user");
  const accepted = calls.filter(({ status }) => status === 200);
  return {
    exitCodes,
    linked: gears.links.size,
    accepted: accepted.length,
    refused: calls.filter(({ status }) => status === 429).length,
    callsPerLink: way.calls() / devices,
    makespan: (accepted.at(-1)?.at ?? Number.NaN) - started,
  };
}

/** One figure over many simulations. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

export interface Prediction {
  readonly callsPerLink: Spread;
  /** Ms. */
  readonly makespan: Spread;
}

/** The same fleet in simulations with so many seeds. */
export function predictFleet({ devices, limit, fleetSize, logonSpan }: Fleet, seeds: number): Prediction {
  const rate = { calls: limit.calls, period: limit.period as Duration };
  const logons = { kind: "uniform", span: logonSpan } as const;
  const runs = Array.from({ length: seeds }, (_, seed) =>
    simulatePlain({ ...plainRollout(devices, rate), logons, fleetSize, seed: seed + 1 }),
  );
  return {
    callsPerLink: spreadOf(runs.map(({ calls }) => calls / devices)),
    makespan: spreadOf(runs.map(({ linkedAt }) => linkedAt.at(-1) ?? Number.NaN)),
  };
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), least: Math.min(...values), most: Math.max(...values) };
}

/** The time that no method can beat, ms. */
export const leastFor = ({ devices, limit }: Fleet): number =>
  leastTime({ devices, rateLimit: { calls: limit.calls, period: limit.period as Duration }, tokenCalls: false });
