import { fsyncSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../errors.ts";
import { retryWhileHeld } from "../files/held-files.ts";
import { isFault, isNoSuchFile, readBounded, whyNot } from "../files/open-file.ts";
import { makeFolder, openOwnFile, stateFileName, temporaryPath } from "../files/own-files.ts";
import { formatMemory, type MemoryStore, parseMemory } from "../link/memory.ts";

/** Bytes; a memory has some thousand. */
const maxSize = 1024 * 1024;

/**
 * Keeps the memory in one file: written beside it, forced to the disk, then renamed over it. Only when the last run
 * ended may be lost with the power: where nothing else has changed, as on most of a device's 96 runs a day, the bytes of
 * that time are overwritten, and nothing waits for the disk.
 */
export function fileStore(stateDir: string): MemoryStore {
  const path = join(stateDir, stateFileName);
  /** The file's text when it was last read. */
  let kept = "";
  return {
    read: () => {
      let text: string;
      try {
        using file = retryWhileHeld(() => openOwnFile(path, "read"));
        text = readBounded(file, maxSize).toString("utf8");
        kept = text;
      } catch (error) {
        // A folder in its place is no memory: the link is made without one.
        if (isFault(error) && systemErrorCode(error) !== "EISDIR") throw refusal(path, error);
        return { memory: {}, problem: isNoSuchFile(error) ? undefined : `${path} can't be read: ${whyNot(error)}` };
      }
      const memory = parseMemory(text);
      if (memory !== undefined) return { memory, problem: undefined };
      return { memory: {}, problem: `${path} is damaged and is taken as empty` };
    },
    write: (memory) => {
      const text = formatMemory(memory);
      if (withoutEnd(text) === withoutEnd(kept) && overwrite(path, text)) return;
      makeFolder(stateDir);
      const next = temporaryPath(path);
      // Left by a killed run, or put there by a user who may write to the folder: never written to.
      retryWhileHeld(() => rmSync(next, { force: true }));
      try {
        writeDurably(next, text);
        retryWhileHeld(() => renameSync(next, path));
      } catch (error) {
        retryWhileHeld(() => rmSync(next, { force: true }));
        throw error;
      }
    },
  };
}

const withoutEnd = (text: string): string => text.replace(/(?<="endedAt": )\d+/, "");

/** @returns false where the file can't be opened or has another size */
function overwrite(path: string, text: string): boolean {
  try {
    using file = openOwnFile(path, "lock");
    const bytes = Buffer.from(text);
    return file.stats.size === bytes.length && writeSync(file.descriptor, bytes, 0, bytes.length, 0) === bytes.length;
  } catch {
    return false;
  }
}

function writeDurably(path: string, text: string): void {
  using file = openOwnFile(path, "create");
  writeFileSync(file.descriptor, text);
  fsyncSync(file.descriptor);
}

/** A file that another user put there is no evidence of this machine's link. */
function refusal(path: string, cause: unknown): AgentError {
  const message = `The state ${path} can't be used: ${whyNot(cause)}. Find out who put it there, and remove it.`;
  return new AgentError("state-unusable", message, { cause });
}
