import leven from "leven";

/** The word of a list that is most like a mistyped one, or undefined if none is similar enough to be meant. */
export function nearest(mistyped: string, words: Iterable<string>): string | undefined {
  const limit = Math.max(2, Math.floor(mistyped.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const word of words) {
    const distance = leven(mistyped.toLowerCase(), word.toLowerCase(), { maxDistance: bestDistance });
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/**
 * ` Did you mean --fleet-size?`, or nothing.
 * @param prefix that all of them begin with, and that makes none more alike
 */
export function suggestion(mistyped: string, words: Iterable<string>, prefix = ""): string {
  const word = nearest(
    mistyped.slice(prefix.length),
    [...words].map((one) => one.slice(prefix.length)),
  );
  return word === undefined ? "" : ` Did you mean ${prefix}${word}?`;
}
