import { printable } from "../printable.ts";
import type { Secret } from "../secret.ts";

/** Characters: a server may send back part of a secret, so this many from its start already count as the secret. */
const recognised = 8;
const maxRead = 4096;

/**
 * Text from an answer, for people: secrets in it are hidden, long words are dropped, as one may be a secret in an unknown
 * form, and the rest is made safe to print.
 */
export function serverText(text: string, secrets: readonly Secret[]): string {
  const forms = formsOf(secrets);
  const hidden = hide(hide(text.slice(0, maxRead), forms, whole), forms, inPieces);
  return printable(hidden.replace(/\S{20,}/gu, "…"));
}

/** The same, reduced to plain words: those with digits or signs are dropped, too. */
export function plainWords(text: string, secrets: readonly Secret[]): string {
  const words = serverText(text, secrets).split(/\s+/);
  return words.map((word) => (/^["'(]?[a-z]+(?:['-][a-z]+)*["')]?[.,;:!?]?$/i.test(word) ? word : "…")).join(" ");
}

/** The text with every form of the secrets, and what begins like one, hidden. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return hide(text, formsOf(secrets), whole);
}

/** Secrets as they may come back: as they are, in codings of the web, in Base64, in hex, and all of it reversed. */
function formsOf(secrets: readonly Secret[]): readonly string[] {
  return secrets.flatMap((secret) => {
    const value = secret.reveal();
    const bytes = Buffer.from(value);
    const form = new URLSearchParams([["", value]]).toString().slice(1);
    const coded = [0, 1, 2].flatMap((before) => base64After(before, bytes));
    const forms = [value, encodeURIComponent(value), form, bytes.toString("hex"), bytes.toString("base64"), ...coded];
    return value === "" ? [] : [...forms, ...forms.map((one) => [...one].reverse().join(""))];
  });
}

/**
 * Base64 in both alphabets. It has three forms, by how many bytes are in front, as in `Basic` (RFC 7617); digits that it
 * shares with what is around it are left out.
 */
function base64After(before: number, bytes: Buffer): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const [start, end] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
  const coded = padded.toString("base64").slice(start, end);
  return [coded, coded.replaceAll("+", "-").replaceAll("/", "_")];
}

/** A text as it is searched, and where each of its characters begins and ends in the text itself. */
interface View {
  readonly text: string;
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

/** Case-insensitive, as percent-encoding has digits in either case. */
const whole = (text: string): View => viewOf(text, /[\s\S]/g);

/** Letters and digits alone, to find a secret with other characters inserted. */
const inPieces = (text: string): View => viewOf(text, /[a-z0-9]/gi);

function viewOf(text: string, counted: RegExp): View {
  const found = [...text.matchAll(counted)];
  return {
    text: found.map(([one]) => (/[A-Z]/.test(one) ? one.toLowerCase() : one)).join(""),
    begins: found.map(({ index }) => index),
    ends: found.map(({ index }) => index + 1),
  };
}

function hide(text: string, forms: readonly string[], see: (text: string) => View): string {
  const { text: seen, begins, ends } = see(text);
  const sought = forms.map((form) => see(form).text).filter((form) => see === whole || form.length >= recognised);
  let shown = "";
  let from = 0;
  for (let at = 0; at < seen.length; ) {
    const length = Math.max(0, ...sought.map((form) => matchAt(seen, at, form)));
    if (length > 0) {
      shown += `${text.slice(from, begins[at])}REDACTED`;
      from = ends[at + length - 1] ?? text.length;
    }
    at += Math.max(1, length);
  }
  return shown + text.slice(from);
}

/** How many characters of a form match here, or 0 where too few do. */
function matchAt(text: string, at: number, form: string): number {
  let length = 0;
  while (length < form.length && text[at + length] === form[length]) length += 1;
  return form !== "" && length >= Math.min(recognised, form.length) ? length : 0;
}
