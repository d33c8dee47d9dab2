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

/** The live line of a run that a person watches. */
export function liveLineOf({ onTerminal, writeError, terminalWidth }: LineTerminal): LiveLine | undefined {
  return onTerminal ? createLiveLine(writeError, terminalWidth) : undefined;
}

interface LineTerminal {
  readonly onTerminal: boolean;
  readonly writeError: (text: string) => void;
  readonly terminalWidth: () => number;
}

/** Writes log lines in the live line's place; it is shown again below them. */
export function writeAbove(line: LiveLine | undefined, write: (text: string) => void): (text: string) => void {
  return (text) => {
    line?.erase();
    write(text);
  };
}
