import { exitCodes } from "../exit-codes.ts";

/**
 * Formats a text for a terminal (a pipe gets it unchanged): breaks lines at words, continues them below their last
 * column, and colours the words that show the result. Commands behind `next:`, and paths and addresses that are longer
 * than a line, stay in one piece, so that they can be copied.
 */
export function fitTerminal(text: string, { columns, colour }: { columns: number; colour: boolean }): string {
  return text
    .split("\n")
    .map((line) => {
      const broken = brokenLine(line, columns);
      return colour ? coloured(broken) : broken;
    })
    .join("\n");
}

const command = /^\s*next: (?:sudo|linkuser-agent|systemctl|curl|openssl|getent|nslookup|dscacheutil) /;

function brokenLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  // A command gets the whole line, to stay in one piece.
  if (command.test(line)) return `  ${line.trimStart()}`;
  const start = continuation(line, columns);
  const [first = "", ...rest] = line.split(/(?<=\S)(?= )/).flatMap((word) => parts(word, columns - start));
  const lines = [first];
  for (const word of rest) {
    const longer = `${lines.at(-1)}${word}`;
    if (longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(indented(word.trimStart(), start, columns));
  }
  return lines.join("\n");
}

/** A list of many items, or one that is longer than a line, may be broken after its commas; a path may not. */
function parts(word: string, width: number): readonly string[] {
  const items = word.split(/(?<=,)/);
  return word.includes("/") || (items.length <= 3 && word.trimStart().length <= width) ? [word] : items;
}

/** A long word, a path say, begins further left. */
function indented(word: string, start: number, columns: number): string {
  const room = columns - word.length;
  // The terminal breaks a word that is longer than any line.
  return `${" ".repeat(room < 0 ? start : Math.min(start, room))}${word}`;
}

/** The column at which a broken line continues: that of its last cell in the left half, else two after the indent. */
function continuation(line: string, columns: number): number {
  const cells = [...line.matchAll(/\S {2,}(?=\S)/g)].map((gap) => gap.index + gap[0].length);
  return cells.findLast((at) => at <= columns / 2) ?? (line.startsWith(" ") ? line.search(/\S/) + 2 : 0);
}

/** SGR parameters, ECMA-48 8.3.117. */
const colours = { well: "32", warning: "33", failure: "31;1", next: "36", dim: "2" } as const;

type Colour = keyof typeof colours;

/** The words for results at the start of a line, each with its colour. */
const signs: readonly (readonly [RegExp, Colour])[] = [
  [/^ (ok)(?= )/, "well"],
  [/^ (warn)(?= )/, "warning"],
  [/^ (fail)(?= )/, "failure"],
  [/^ (skip)(?= )/, "dim"],
  [/^\s*(next:)/, "next"],
  [/^(Next)(?= )/, "next"],
  [/^(Warnings?|Problem)(?=$| )/, "warning"],
  ...Object.entries(exitCodes).map(
    ([outcome, code]) => [new RegExp(`^(?:Last run +)?(${outcome})(?=: |, )`), colourOf(code)] as const,
  ),
];

/** After `waiting` or `rate-limited` the next run continues by itself. */
function colourOf(exitCode: number): Colour {
  if (exitCode === 0) return "well";
  return exitCode === exitCodes.waiting ? "warning" : "failure";
}

function coloured(line: string): string {
  for (const [pattern, colour] of signs) {
    const word = pattern.exec(line)?.[1];
    if (word !== undefined) return line.replace(word, `\u001b[${colours[colour]}m${word}\u001b[0m`);
  }
  return line;
}
