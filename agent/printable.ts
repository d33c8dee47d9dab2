/**
 * Control characters, format characters (bidi marks, zero-width ones), line and paragraph separators, lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Nearly all text. At every start, V8 takes a millisecond to compile Unicode's classes. */
const plainLine = /^[ -~]*$/;

/**
 * Makes text that others wrote (the server, the directory, a file) safe for one line of a log or a terminal: characters
 * that move the cursor, start a line, reorder or hide text are shown as `\u{1b}`. Safe text is unchanged.
 * @param maxLength in code points, counted after escaping; what is longer ends with `…`
 */
export function printable(text: string, maxLength = 300): string {
  // Each code point has at most two UTF-16 units, and escaping never shortens: more than this can't be shown.
  const bounded = text.slice(0, 2 * maxLength + 2);
  const points = Array.from(plainLine.test(bounded) ? bounded : bounded.replace(unsafe, escaped));
  return points.length > maxLength ? `${points.slice(0, maxLength - 1).join("")}…` : points.join("");
}

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/**
 * JSON that a terminal shows unchanged: characters that {@link printable} would change are escaped as in `\u202e`,
 * which every reader of JSON decodes.
 * @param indent spaces for each level; all in one line without it
 */
export function printableJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent);
  return plainLines.test(json) ? json : json.replace(unsafe, inJson);
}

const plainLines = /^[ -~\n]*$/;

function inJson(character: string): string {
  // JSON.stringify itself writes line breaks only for indentation.
  if (character === "\n") return character;
  const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  return units.map((unit) => `\\u${unit}`).join("");
}

/** `1 device`, `2 devices`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A word quoted for a POSIX shell, for commands that a person copies. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
