import { parseArgs } from "node:util";
import fc from "fast-check";
import { type ByteTarget, fuzzBytes } from "./bytes.ts";
import { machineReaders } from "./machine-readers.ts";
import { networkReaders } from "./network-readers.ts";
import { type FuzzTarget, fuzzTargets } from "./targets.ts";

/**
 * Reads hostile inputs until a reader breaks its promises: `npm run fuzz -- --inputs 1000000 --seed 1`, with `--only
 * NAME` for one reader. The inputs are shared by all readers. The printed seed gives the same inputs again.
 */

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now()) },
    only: { type: "string" },
  },
});
const chosen = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
  list.filter(({ name }) => values.only === undefined || name === values.only);
const byBytes = chosen([...networkReaders, ...machineReaders]);
const byForm = chosen(fuzzTargets);
const inputs = Math.ceil(Number(values.inputs) / (byBytes.length + byForm.length));
const seed = Number(values.seed) | 0;
if (!(Number.isInteger(inputs) && inputs > 0)) throw new RangeError("--inputs must be a whole number");

const write = (line: string): void => void process.stdout.write(`${line}\n`);

function report(name: string, started: number): void {
  const seconds = (performance.now() - started) / 1000;
  write(`${name.padEnd(20)}${String(inputs).padStart(9)} inputs  ${seconds.toFixed(1).padStart(6)} s`);
}

function fuzzForm({ name, property }: FuzzTarget): boolean {
  const started = performance.now();
  const details = fc.check(property, { numRuns: inputs, seed, endOnFailure: false });
  report(name, started);
  if (details.failed) write(fc.defaultReportMessage(details) ?? "failed");
  return !details.failed;
}

async function fuzzInput(target: ByteTarget): Promise<boolean> {
  const started = performance.now();
  const finding = await fuzzBytes(target, { inputs, seed });
  report(target.name, started);
  if (finding === undefined) return true;
  const { error, input } = finding;
  write(`  ${JSON.stringify(input.toString("latin1"))} (Latin-1)\n  ${error instanceof Error ? error.stack : error}`);
  return false;
}

write(`seed ${seed}`);
for (const target of byBytes) if (!(await fuzzInput(target))) process.exitCode = 1;
for (const target of byForm) if (!fuzzForm(target)) process.exitCode = 1;
