import { printable } from "../printable.ts";
import type { Secret } from "../secret.ts";

/** As many characters of a secret, from its start, are taken for the secret: a server may send back a part of it. */
const recognised = 8;
const longestRead = 4096;

/** Text from an answer, for a person: secrets that come back in it are hidden, then it is made safe to print. */
export function serverText(text: string, secrets: readonly Secret[]): string {
  return printable(withoutSecrets(text.slice(0, longestRead), secrets));
}

/** The text with every form of the secrets, and what begins like one, hidden. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return hide(text, secrets.flatMap((secret) => formsOf(secret.reveal())).map(lowerAscii));
}

/** A secret as it may come back: as it is, percent-encoded, form-encoded, in Base64. */
function formsOf(value: string): readonly string[] {
  if (value === "") return [];
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  return [value, encodeURIComponent(value), form, Buffer.from(value).toString("base64")];
}

/** Without regard to case, for the digits of percent-encoding have either. */
function hide(text: string, forms: readonly string[]): string {
  const lowered = lowerAscii(text);
  let shown = "";
  let at = 0;
  while (at < text.length) {
    const length = Math.max(0, ...forms.map((form) => matchAt(lowered, at, form)));
    shown += length === 0 ? text[at] : "REDACTED";
    at += Math.max(1, length);
  }
  return shown;
}

/** How many characters of a secret stand at this place, or 0 where they are too few to tell. */
function matchAt(text: string, at: number, secret: string): number {
  let length = 0;
  while (length < secret.length && text[at + length] === secret[length]) length += 1;
  return length >= Math.min(recognised, secret.length) ? length : 0;
}

/** Keeps the length, which toLowerCase does not for all of Unicode. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
