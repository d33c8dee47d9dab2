import { appendFileSync, mkdtempDisposableSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stateFileName } from "../../agent/files/own-files.ts";
import type { MachineMemory } from "../../agent/link/memory.ts";
import { fileStore } from "../../agent/state/store.ts";

const lastRun = { outcome: "already-linked", message: "linked since noon", errorCode: null, endedAt: 1.7e12 } as const;
const memory: MachineMemory = { hardware: ["02:00:00:00:00:01"], lastRun };
const later: MachineMemory = { ...memory, lastRun: { ...lastRun, endedAt: 1.7e12 + 1 } };

/** Writes a memory after one that was read. @returns whether in a new file */
function writeAfter(first: MachineMemory, second: MachineMemory, between: (path: string) => void = () => {}): boolean {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-store-"));
  const folder = scratch.path;
  const path = join(folder, stateFileName);
  fileStore(folder).write(first);
  const store = fileStore(folder);
  store.read();
  between(path);
  const before = statSync(path).ino;
  store.write(second);
  expect(fileStore(folder).read()).toEqual({ memory: second, problem: undefined });
  return statSync(path).ino !== before;
}

test("a memory that differs in the end of the last run alone is overwritten, every other one replaced", () => {
  expect(writeAfter(memory, later)).toBe(false);
  expect(writeAfter(memory, { ...later, lastRun: { ...lastRun, message: "linked since nine" } })).toBe(true);
  expect(writeAfter(memory, { ...later, notBefore: 1.8e12 })).toBe(true);
  expect(writeAfter({}, memory)).toBe(true);
});

test("a file that has another size than when it was read is replaced", () => {
  expect(writeAfter(memory, later, (path) => appendFileSync(path, "more"))).toBe(true);
});
