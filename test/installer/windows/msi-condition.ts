import { expect } from "vitest";

/**
 * The used part of Windows Installer's conditions
 * (https://learn.microsoft.com/windows/win32/msi/conditional-statement-syntax).
 */
export function holds(condition: string, properties: Readonly<Record<string, string>>): boolean {
  const words = condition.match(/"[^"]*"|\(|\)|~?<<|>>|><|>=|<=|=|-?\d+|\w+/g) ?? [];
  let at = 0;
  const next = (): string => words[at++] ?? "";
  const textOf = (word: string): string =>
    /^"/.test(word) ? word.slice(1, -1) : /^-?\d/.test(word) ? word : (properties[word] ?? "");
  const compare = (left: string, how: string, right: string): boolean => {
    if (how === "~<<") return left.toLowerCase().startsWith(right.toLowerCase());
    if (how === "<<") return left.startsWith(right);
    if (how === ">>") return left.endsWith(right);
    if (how === "><") return left.includes(right);
    if (how === "=") return left === right;
    if (![left, right].every((one) => /^-?\d+$/.test(one))) return false;
    return how === ">=" ? Number(left) >= Number(right) : Number(left) <= Number(right);
  };
  const term = (): boolean => {
    const word = next();
    if (word === "NOT") return !term();
    if (word === "(") {
      const inner = either();
      expect(next()).toBe(")");
      return inner;
    }
    const how = words[at] ?? "";
    if (!/^~?<<$|^>>$|^><$|^>=$|^<=$|^=$/.test(how)) return textOf(word) !== "";
    at += 1;
    return compare(textOf(word), how, textOf(next()));
  };
  const both = (): boolean => {
    let result = term();
    while (words[at] === "AND") {
      at += 1;
      result = term() && result;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (words[at] === "OR") {
      at += 1;
      result = both() || result;
    }
    return result;
  };
  const result = either();
  expect(at, condition).toBe(words.length);
  return result;
}
