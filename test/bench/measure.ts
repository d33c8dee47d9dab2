import { readFileSync } from "node:fs";

/**
 * Milliseconds, in steps of 10, of all processes that this one started and that have ended: proc_pid_stat(5), cutime,
 * cstime.
 */
export function processorTimeOfEnded(): number {
  const afterName = readFileSync("/proc/self/stat", "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(afterName[13]) + Number(afterName[14])) * 10;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
