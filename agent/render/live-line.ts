/**
 * A line at the bottom of a terminal that is written anew in place. Plain text: old Windows consoles know no control
 * sequences.
 */
export interface LiveLine {
  /** Cut to the terminal's width, since a line that is broken can't be taken back. */
  show(text: string): void;
  erase(): void;
}

/** @param width columns of the terminal */
export function createLiveLine(write: (text: string) => void, width: () => number): LiveLine {
  let shown = 0;
  return {
    show(text) {
      const line = text.slice(0, width() - 1);
      write(`\r${line.padEnd(shown)}`);
      shown = line.length;
    },
    erase() {
      if (shown > 0) write(`\r${" ".repeat(shown)}\r`);
      shown = 0;
    },
  };
}
