import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { duration } from "../../agent/duration.ts";
import { leastTime } from "../../agent/pace/simulate.ts";
import { windowAt } from "../../agent/pace/windows.ts";
import { limiterModels } from "../fakes/limiter.ts";
import { type PlainRollout, plainRollout, simulatePlain } from "../pace/rollouts.ts";

const hour = 3_600_000;
const day = 24 * hour;
const limit = { calls: 10, period: duration("1m") };
const hardest = "sliding-log-counting-refused";
const others = limiterModels.filter((model) => model !== hardest);

/** The result of a run; times as multiples of the minimum time, `days99` in days from midnight of the first day. */
interface Measured {
  readonly callsPerLink: number;
  readonly makespan: number;
  readonly most: number;
  readonly days99: number;
  readonly peak: number;
  readonly unlinked: number;
}

interface Row {
  readonly name: string;
  readonly models: readonly PlainRollout["model"][];
  readonly rollout: Partial<PlainRollout> & { readonly devices: number };
  /** The upper bound of each figure; figures without one are only shown. */
  readonly goals: Partial<Measured>;
}

const shifts = [
  { share: 0.8, length: 8 * hour },
  { share: 0.15, length: 2 * hour },
  { share: 0.05, length: hour / 3 },
];

function rows(): readonly Row[] {
  const unknown = [
    { devices: 100, goals: { callsPerLink: 1.25, makespan: 6, most: 5 }, worst: { callsPerLink: 2, makespan: 8 } },
    { devices: 1_000, goals: { callsPerLink: 2, makespan: 2.6, most: 2.4 }, worst: { callsPerLink: 4, makespan: 8 } },
    {
      devices: 10_000,
      goals: { callsPerLink: 4.7, makespan: 1.5, most: 1.25 },
      worst: { callsPerLink: 8, makespan: 5.6 },
    },
    { devices: 50_000, goals: { callsPerLink: 9, makespan: 1.5, most: 1.3 }, worst: { callsPerLink: 20, makespan: 8 } },
  ].flatMap(({ devices, goals, worst }): Row[] => [
    { name: "nothing configured", models: others, rollout: { devices }, goals },
    { name: "nothing configured", models: [hardest], rollout: { devices }, goals: worst },
  ]);
  const known = [100, 1_000, 10_000, 50_000].flatMap((devices): Row[] => {
    const rollout = { devices, fleetSize: devices };
    const goals = { callsPerLink: 1.25, most: 2, peak: 30 };
    return [
      { name: "fleetSize right", models: others, rollout, goals: { ...goals, makespan: 2 } },
      { name: "fleetSize right", models: [hardest], rollout, goals: { ...goals, makespan: 3 } },
    ];
  });
  const wrong = [1_000, 10_000].flatMap((devices): Row[] => [
    {
      name: "fleetSize half",
      models: others,
      rollout: { devices, fleetSize: devices / 2 },
      goals: { callsPerLink: 3.2, makespan: 2.8 },
    },
    { name: "fleetSize half", models: [hardest], rollout: { devices, fleetSize: devices / 2 }, goals: {} },
    {
      name: "fleetSize a tenth",
      models: others,
      rollout: { devices, fleetSize: devices / 10 },
      goals: { callsPerLink: 7.5, makespan: 3.9 },
    },
    { name: "fleetSize a tenth", models: [hardest], rollout: { devices, fleetSize: devices / 10 }, goals: {} },
  ]);
  const devices = 10_000;
  const shown = (name: string, rollout: Partial<PlainRollout>): Row => ({
    name,
    models: limiterModels,
    rollout: { devices, ...rollout },
    goals: {},
  });
  return [
    ...unknown,
    ...known,
    ...wrong,
    {
      name: "working days",
      models: others,
      rollout: { devices, shifts, horizon: 14 * day },
      goals: { days99: 2.7 },
    },
    {
      name: "working days",
      models: [hardest],
      rollout: { devices, shifts, horizon: 14 * day },
      goals: {},
    },
    {
      name: "behind the gateway",
      models: limiterModels,
      rollout: { devices, gateway: true },
      goals: { callsPerLink: 2.1, makespan: 1.12 },
    },
    shown("logons log-normal", { logons: { kind: "log-normal", median: hour / 2, sigma: 1 } }),
    shown("logons in 2 h", { logons: { kind: "uniform", span: 2 * hour } }),
    shown("outage of 2 h", { outage: { from: 2 * hour, to: 4 * hour } }),
    shown("outage, fleetSize", { fleetSize: devices, outage: { from: 2 * hour, to: 4 * hour } }),
    shown("token calls", { tokenCalls: true }),
    shown("token calls, fleetSize", { tokenCalls: true, fleetSize: 2 * devices }),
  ];
}

/** Small fleets vary more and cost less. */
const seedsFor = (devices: number): number => (devices < 1000 ? 30 : devices < 10_000 ? 10 : 3);

function measure(rollout: PlainRollout): Measured {
  const { linkedAt, calls, peak } = simulatePlain(rollout);
  const least = leastTime(rollout);
  const needed = linkedAt[Math.ceil(rollout.devices * 0.99) - 1] ?? Infinity;
  return {
    callsPerLink: calls / rollout.devices,
    makespan: (linkedAt.at(-1) ?? Infinity) / least,
    most: needed / least,
    days99: needed / day,
    peak,
    unlinked: rollout.devices - linkedAt.length,
  };
}

/** Minutes until the first attempt where nothing is configured: the mean over devices. */
function loneWait(): number {
  const spread = { rateLimit: limit, fleetSize: undefined, splay: undefined };
  return mean(Array.from({ length: 1000 }, (_, at) => windowAt(0, (at + 0.5) / 1000, spread).place)) / 60_000;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function merged(runs: readonly Measured[]): Measured {
  const of = (name: keyof Measured): number[] => runs.map((run) => run[name]);
  return {
    callsPerLink: mean(of("callsPerLink")),
    makespan: mean(of("makespan")),
    most: mean(of("most")),
    days99: mean(of("days99")),
    peak: Math.max(...of("peak")),
    unlinked: Math.max(...of("unlinked")),
  };
}

interface Job {
  readonly key: string;
  readonly rollout: PlainRollout;
}

async function inThreads(jobs: readonly Job[]): Promise<Map<string, Measured[]>> {
  const results = new Map<string, Measured[]>();
  // The longest first, so that the threads end together.
  const waiting = jobs.toSorted((a, b) => a.rollout.devices - b.rollout.devices);
  const threads = Array.from({ length: Math.min(availableParallelism(), 8) }, async () => {
    const worker = new Worker(new URL(import.meta.url));
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      const { promise, resolve, reject } = Promise.withResolvers<Measured>();
      worker.once("message", resolve).once("error", reject).postMessage(job.rollout);
      results.set(job.key, [...(results.get(job.key) ?? []), await promise]);
      worker.off("error", reject);
    }
    await worker.terminate();
  });
  await Promise.all(threads);
  return results;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { csv: { type: "string" } } });
  const lines = rows().flatMap((row, index) => row.models.map((model) => ({ row, model, key: `${index} ${model}` })));
  const jobs = lines.flatMap(({ row, model, key }) =>
    Array.from({ length: seedsFor(row.rollout.devices) }, (_, seed) => ({
      key,
      rollout: { ...plainRollout(row.rollout.devices, limit), ...row.rollout, model, seed: seed + 1 },
    })),
  );
  const results = await inThreads(jobs);

  const columns = ["callsPerLink", "makespan", "most", "days99", "peak", "unlinked"] as const;
  const csv = [["name", "devices", "limiter", "runs", ...columns, "goal"].join(",")];
  let missed = 0;
  print(`${"".padEnd(52)} calls/link    makespan    99 % linked  peak   99 % at`);
  print(`${"rollout, devices, limiter".padEnd(52)}           (goals behind <=)  ÷ T      /min    day`);
  for (const { row, model, key } of lines) {
    const runs = results.get(key) ?? [];
    const measured = merged(runs);
    const goals = Object.entries({ ...row.goals, unlinked: 0 }) as [keyof Measured, number][];
    const counts = Object.keys(row.goals).length > 0;
    const reached = goals.every(([name, most]) => measured[name] <= most);
    const verdict = counts ? (reached ? "reached" : "missed") : "";
    if (verdict === "missed") missed++;
    const figure = (name: keyof Measured, width: number): string => {
      const goal = row.goals[name];
      return `${measured[name].toFixed(name === "peak" ? 0 : 2)}${goal === undefined ? "" : `<=${goal}`}`.padEnd(width);
    };
    const label = `${row.name.padEnd(23)}${String(row.rollout.devices).padStart(6)} ${short(model)}`;
    const left = measured.unlinked > 0 ? ` ${measured.unlinked} not linked` : "";
    print(
      `${label.padEnd(52)} ${figure("callsPerLink", 12)} ${figure("makespan", 10)} ${figure("most", 11)} ${figure("peak", 8)} ${figure("days99", 9)} ${verdict}${left}`,
    );
    csv.push(
      [row.name, row.rollout.devices, model, runs.length, ...columns.map((name) => measured[name]), verdict].join(","),
    );
  }
  const wait = loneWait();
  const verdict = wait <= 10 ? "reached" : "missed";
  if (verdict === "missed") missed++;
  print(`A lone device, nothing configured, waits ${wait.toFixed(2)} min on average; at most 10: ${verdict}`);
  print(missed === 0 ? "Every goal is reached." : `${missed} goals are missed.`);
  if (values.csv !== undefined) writeFileSync(values.csv, `${csv.join("\n")}\n`);
  if (missed > 0) process.exitCode = 1;
}

const short = (model: string): string => model.replace("counting-refused", "+ refused");

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (isMainThread) await main();
else parentPort?.on("message", (rollout: PlainRollout) => parentPort?.postMessage(measure(rollout)));
