import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

/**
 * A running process's memory; needs its own user or root.
 * @param parts matches lines of proc_pid_maps(5), capturing both addresses; default: all writable ones
 */
export function readMemory(pid: number, parts = /^(\w+)-(\w+) rw/gm): Buffer {
  const file = openSync(`/proc/${pid}/mem`, "r");
  try {
    const contents = [...readFileSync(`/proc/${pid}/maps`, "utf8").matchAll(parts)].map(([, from, to]) => {
      const start = BigInt(`0x${from}`);
      const part = Buffer.alloc(Number(BigInt(`0x${to}`) - start));
      try {
        return part.subarray(0, readSync(file, part, 0, part.length, start));
      } catch {
        // Reserved, but not there.
        return Buffer.alloc(0);
      }
    });
    return Buffer.concat(contents);
  } finally {
    closeSync(file);
  }
}

/** The most memory that a process has in RAM until it ends, in bytes (VmHWM, proc_pid_status(5)). */
export async function peakMemory(child: ChildProcess): Promise<number> {
  let running = child.exitCode === null;
  child.once("exit", () => {
    running = false;
  });
  let peak = 0;
  while (running) {
    peak = Math.max(peak, peakSoFar(child.pid ?? 0));
    await setImmediate();
  }
  return peak;
}

function peakSoFar(pid: number): number {
  try {
    const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kB ?? 0) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}
