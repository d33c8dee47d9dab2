import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { makeFolder } from "../folders.ts";
import { formatMemory, type MemoryStore, parseMemory } from "../link/memory.ts";

/** Keeps the memory in `state.json`: written beside it, forced to the disk, then renamed over it. */
export function fileStore(stateDir: string): MemoryStore {
  const path = join(stateDir, "state.json");
  return {
    read: () => {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        const code = systemErrorCode(error);
        const missing = code === "ENOENT" || code === "ENOTDIR";
        return { memory: {}, problem: missing ? undefined : `${path} can't be read (${code})` };
      }
      const parsed = parseMemory(text);
      if (parsed.kind === "read") return { memory: parsed.memory, problem: undefined };
      return { memory: {}, problem: `${path} is damaged and is taken as empty` };
    },
    write: (memory) => {
      makeFolder(stateDir);
      const next = `${path}.new`;
      writeDurably(next, formatMemory(memory));
      renameSync(next, path);
    },
  };
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
