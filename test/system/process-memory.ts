import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** All that a running process has in its writable memory (proc_pid_maps(5)); needs its own user or root. */
export function readMemory(pid: number): Buffer {
  const file = openSync(`/proc/${pid}/mem`, "r");
  try {
    const parts = [...readFileSync(`/proc/${pid}/maps`, "utf8").matchAll(/^(\w+)-(\w+) rw/gm)].map(([, from, to]) => {
      const start = BigInt(`0x${from}`);
      const part = Buffer.alloc(Number(BigInt(`0x${to}`) - start));
      try {
        return part.subarray(0, readSync(file, part, 0, part.length, start));
      } catch {
        // Reserved, but not there.
        return Buffer.alloc(0);
      }
    });
    return Buffer.concat(parts);
  } finally {
    closeSync(file);
  }
}
