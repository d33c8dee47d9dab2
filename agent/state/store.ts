import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { giveToFolder, makeFolder, stateFileName, temporaryPath } from "../files/own-files.ts";
import { formatMemory, type MemoryStore, parseMemory } from "../link/memory.ts";

/** Keeps the memory in one file: written beside it, forced to the disk, then renamed over it. */
export function fileStore(stateDir: string): MemoryStore {
  const path = join(stateDir, stateFileName);
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
      const next = temporaryPath(path);
      // Left by a run that was killed, or put there by who may write to the folder: never written into.
      rmSync(next, { force: true });
      try {
        writeDurably(next, stateDir, formatMemory(memory));
        renameSync(next, path);
      } catch (error) {
        rmSync(next, { force: true });
        throw error;
      }
    },
  };
}

function writeDurably(path: string, folder: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    giveToFolder(file, folder);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
