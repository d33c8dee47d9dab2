import type { Runtime } from "../wiring/runtime.ts";

/**
 * A line at the bottom of a terminal that is rewritten in place. Plain text: old Windows consoles don't support control
 * sequences.
 */
export interface LiveLine {
  /** Cut to the terminal's width, because a wrapped line can't be erased. */
  show(text: string): void;
  erase(): void;
}

/** @param width columns of the terminal */
export function createLiveLine(write: (text: string) => void, width: () => number): LiveLine {
  let shown = 0;
  return {
    show(text) {
      const line = cutAtWord(text, width() - 1);
      write(`\r${line.padEnd(shown)}`);
      shown = line.length;
    },
    erase() {
      if (shown > 0) write(`\r${" ".repeat(shown)}\r`);
      shown = 0;
    },
  };
}

/** A text without spaces is cut anywhere. */
const cutAtWord = (text: string, length: number): string =>
  text.length <= length
    ? text
    : text
        .slice(0, length + 1)
        .replace(/ \S*$/, "")
        .slice(0, length);

export const liveLineOf = ({
  onTerminal,
  writeError,
  terminalWidth,
}: Pick<Runtime, "onTerminal" | "writeError" | "terminalWidth">): LiveLine | undefined =>
  onTerminal ? createLiveLine(writeError, terminalWidth) : undefined;
