import { parseArgs } from "node:util";
import fc from "fast-check";
import { type Target, targets } from "./targets.ts";

/**
 * Reads hostile inputs until a reader breaks its promises: `npm run fuzz -- --inputs 1000000 --seed 1`. The inputs are
 * shared by all readers. With the seed that is printed the same inputs come again.
 */

const { values } = parseArgs({
  options: { inputs: { type: "string", default: "1000000" }, seed: { type: "string", default: String(Date.now()) } },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed) | 0;
if (!(Number.isInteger(inputs) && inputs >= targets.length)) throw new RangeError("--inputs must be a whole number");

const write = (line: string): void => void process.stdout.write(`${line}\n`);

function fuzz({ name, property }: Target): boolean {
  const started = performance.now();
  const details = fc.check(property, { numRuns: Math.ceil(inputs / targets.length), seed, endOnFailure: false });
  const seconds = (performance.now() - started) / 1000;
  write(`${name.padEnd(20)}${String(details.numRuns).padStart(9)} inputs  ${seconds.toFixed(1).padStart(6)} s`);
  if (details.failed) write(fc.defaultReportMessage(details) ?? "failed");
  return !details.failed;
}

write(`seed ${seed}`);
const results = targets.map(fuzz);
process.exitCode = results.every(Boolean) ? 0 : 1;
