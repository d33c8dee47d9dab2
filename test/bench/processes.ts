import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { byGateway } from "../system/gateway/gateway-way.ts";
import {
  type Fleet,
  type FleetRun,
  leastFor,
  type Prediction,
  predictFleet,
  runFleet,
  type Spread,
} from "./process-fleet.ts";

/**
 * 60 executables at once against the fake Gears's limit of 10 calls in 6 seconds, without and with `fleetSize`, beside
 * the simulation of the same fleet. `npm run bench:processes`, after `npm run build`; takes about 5 minutes. With `--
 * --gateway` the same fleet behind the gateway (root, Debian's haproxy and lua-cjson), which uses 9 of the 10 calls,
 * beside the gateway's goals: 2.1 calls a link and 1.25 of the minimum time.
 */

const executable = resolve("dist/linkuser-agent-linux-x64");
if (!existsSync(executable)) throw new Error(`${executable} is missing: npm run build -- --target linux-x64`);

const base = { devices: 60, limit: { calls: 10, period: 6000 }, logonSpan: 2000 } as const;
const seeds = 200;

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const plain = (value: number): string => value.toFixed(2);

/** A figure that lies among those of the simulated fleets agrees with them. */
const agrees = (value: number, { least, most }: Spread): boolean => value >= least && value <= most;

function row(name: string, value: number, spread: Spread, show: (value: number) => string): string {
  const simulated = `${show(spread.mean)} (${show(spread.least)} to ${show(spread.most)})`;
  return `  ${name.padEnd(16)}${show(value).padEnd(10)}${simulated.padEnd(32)}${agrees(value, spread) ? "agrees" : "DIFFERS"}`;
}

function report(fleet: Fleet, run: FleetRun, prediction: Prediction): boolean {
  const once =
    run.exitCodes.every((code) => code === 0) && run.linked === fleet.devices && run.accepted === fleet.devices;
  const name = fleet.fleetSize === undefined ? "nothing set" : `fleetSize ${fleet.fleetSize}`;
  write(`\n${fleet.devices} processes, ${name}; minimum time ${seconds(leastFor(fleet))}`);
  write(`  ${"".padEnd(16)}${"seen".padEnd(10)}simulated: mean (least to most of ${seeds})`);
  write(row("makespan", run.makespan, prediction.makespan, seconds));
  write(row("calls per link", run.callsPerLink, prediction.callsPerLink, plain));
  write(
    `  ${once ? "all linked exactly once" : `NOT all linked once: ${run.linked} linked, ${run.accepted} calls accepted`}`,
  );
  return once && agrees(run.makespan, prediction.makespan) && agrees(run.callsPerLink, prediction.callsPerLink);
}

async function reportGateway(): Promise<boolean> {
  const fleet = { ...base, fleetSize: undefined };
  const least = leastFor({ ...fleet, limit: { ...base.limit, calls: base.limit.calls - 1 } });
  const { linked, accepted, refused, callsPerLink, makespan } = await runFleet(executable, fleet, byGateway);
  write(`\n${fleet.devices} processes behind the gateway; minimum time ${seconds(least)}`);
  write(`  makespan ${seconds(makespan)}, ${plain(makespan / least)} of the minimum time`);
  write(`  calls per link ${plain(callsPerLink)}`);
  write(`  ${linked} linked, ${accepted} calls accepted, ${refused} refused by the tenant`);
  const once = linked === fleet.devices && accepted === fleet.devices && refused === 0;
  return once && callsPerLink <= 2.1 && makespan / least <= 1.25;
}

const gatewayAlone = process.argv.includes("--gateway");
let well = gatewayAlone ? await reportGateway() : true;
for (const fleetSize of gatewayAlone ? [] : [base.devices, undefined]) {
  const fleet = { ...base, fleetSize };
  well = report(fleet, await runFleet(executable, fleet), predictFleet(fleet, seeds)) && well;
}
process.exitCode = well ? 0 : 1;
