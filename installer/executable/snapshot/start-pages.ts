import { dropPages } from "../../../agent/platform/linux/libc.ts";

/** Read-only parts of the executable in memory, by their addresses. */
export interface StartPages {
  /** The segment with the tables that the dynamic linker reads. */
  readonly tables: number;
  /** Bytes. */
  readonly tablesSize: number;
  /** The note with the snapshot, elf(5). */
  readonly note: number;
}

/** Bytes; the second word of a note is the size of what follows. */
const sizeInNote = 4;

/**
 * Takes the pages that only a start reads out of the process's memory: the dynamic linker's tables and the snapshot.
 * Relies on: both being in segments that nothing writes to, and the addresses of a program that is not relocated.
 * Check: `startPagesOf` and `withBlob` in `../elf/embed-blob.ts`.
 */
export function giveBack({ tables, tablesSize, note }: StartPages): void {
  dropPages(BigInt(tables), BigInt(tablesSize));
  const size = process.getBuiltinModule("node:ffi").getUint32(BigInt(note), sizeInNote);
  dropPages(BigInt(note), BigInt(size));
}
