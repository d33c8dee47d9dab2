import { printable } from "../printable.ts";
import type { Secret } from "../secret.ts";

/** As many characters of a secret, from its start, are taken for the secret: a server may send back a part of it. */
const recognised = 8;
const longestRead = 4096;

/** Text from an answer, for a person: secrets that come back in it are hidden, then it is made safe to print. */
export function serverText(text: string, secrets: readonly Secret[]): string {
  let shown = text.slice(0, longestRead);
  for (const secret of secrets) {
    for (const form of formsOf(secret.reveal())) shown = hide(shown, form);
  }
  return printable(shown);
}

/** A secret as it may come back: as it is, percent-encoded, form-encoded, in Base64. */
function formsOf(value: string): readonly string[] {
  const encoded = encodeURIComponent(value);
  const lowerCaseEscapes = encoded.replace(/%../g, (octet) => octet.toLowerCase());
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const base64 = Buffer.from(value).toString("base64");
  return [...new Set([value, encoded, lowerCaseEscapes, form, base64])];
}

function hide(text: string, secret: string): string {
  const start = secret.slice(0, recognised);
  if (start === "") return text;
  let shown = "";
  let from = 0;
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, from)) {
    let length = start.length;
    while (length < secret.length && text[at + length] === secret[length]) length += 1;
    shown += `${text.slice(from, at)}REDACTED`;
    from = at + length;
  }
  return shown + text.slice(from);
}
