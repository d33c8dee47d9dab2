import { foldName } from "./fold.ts";

/**
 * Whether a name matches a pattern of literal text, `*` (any text, also none) and `?` (one character). Names compare as
 * directories compare them; a backslash is a plain character, so `CORP\*` matches the whole domain.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = [...foldName(pattern)];
  const actual = [...foldName(name)];
  let inPattern = 0;
  let inName = 0;
  let afterStar = -1;
  let starTook = 0;
  while (inName < actual.length) {
    if (wanted[inPattern] === "*") {
      afterStar = ++inPattern;
      starTook = inName;
    } else if (wanted[inPattern] === "?" || wanted[inPattern] === actual[inName]) {
      inPattern++;
      inName++;
    } else if (afterStar >= 0) {
      inPattern = afterStar;
      inName = ++starTook;
    } else {
      return false;
    }
  }
  while (wanted[inPattern] === "*") inPattern++;
  return inPattern === wanted.length;
}

/** The first pattern that matches one of the spellings of a name, or undefined. */
export function firstMatch(patterns: readonly string[], spellings: readonly string[]): string | undefined {
  return patterns.find((pattern) => spellings.some((spelling) => matchesPattern(pattern, spelling)));
}
