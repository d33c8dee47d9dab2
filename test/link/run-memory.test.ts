import { expect, test } from "vitest";
import type { MachineMemory } from "../../agent/link/memory.ts";
import { RunMemory } from "../../agent/link/run-memory.ts";
import { linkOfAlice } from "./usual-run.ts";

const link = linkOfAlice(1);

/** A disk that is full until `full` is false. */
function disk() {
  const kept = { memory: {} as MachineMemory, full: true };
  const silent = () => {};
  const memory = new RunMemory({
    store: {
      read: () => ({ memory: kept.memory, problem: undefined }),
      write: (written) => {
        if (kept.full) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
        kept.memory = written;
      },
    },
    log: { error: silent, warn: silent, info: silent, debug: silent },
    lock: async () => ({ [Symbol.dispose]: silent }),
  });
  return { kept, memory };
}

test("the same run reads what could not be written", () => {
  const { memory } = disk();
  memory.read();
  memory.write({ notBefore: 5 });
  expect(memory.read()).toEqual({ notBefore: 5 });
});

test("another run's newer memory replaces what this run could not write", () => {
  const { kept, memory } = disk();
  memory.read();
  memory.write({ notBefore: 5 });
  kept.memory = { link };
  expect(memory.read()).toEqual({ link });
});

test("a sign of life during a wait does not undo another run's link", async () => {
  const { kept, memory } = disk();
  memory.read();
  memory.write({ pace: {}, notBefore: 5 });
  kept.memory = { link };
  kept.full = false;
  await memory.amend({ notBefore: 6 }, new AbortController().signal);
  expect(kept.memory).toEqual({ link });
});
