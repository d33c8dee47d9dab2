/**
 * The form in which names are compared: canonical composition, then upper case code point by code point as Windows and
 * Active Directory do, so neither the user's language nor expanding letters (`ß`) change the answer.
 * Source: [MS-UCODEREF] 3.1.5.3, simple upper-casing.
 */
export function foldName(name: string): string {
  let folded = "";
  for (const letter of name.normalize("NFC")) folded += foldLetter(letter);
  return folded;
}

function foldLetter(letter: string): string {
  const upper = letter.toUpperCase();
  // An expanding letter has a capital of its own (`ᾳ`, `ᾼ`) or none (`ß`): both share their small form.
  if ([...upper].length > 1) return letter.toLowerCase();
  // Unicode makes ASCII of `ı` and `ſ`; Windows' table does not change them, so that no name equals its ASCII
  // look-alike.
  return isAscii(upper) && !isAscii(letter) ? letter : upper;
}

const isAscii = (letter: string): boolean => letter <= "\x7f";

/** Orders by folded name, equal ones by their code units, so that the order is the same on every machine. */
export function compareNames(a: string, b: string): number {
  const [foldedA, foldedB] = [foldName(a), foldName(b)];
  if (foldedA !== foldedB) return foldedA < foldedB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
