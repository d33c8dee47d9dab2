import { printable } from "../printable.ts";
import type { Secret } from "../secret.ts";

/** Characters: a server may send back part of a secret, so this many in a row already count as the secret. */
const recognised = 8;
const maxRead = 4096;

/**
 * Text from an answer, for people: secrets are hidden, long words are dropped, because they may be secrets in an
 * unknown form, and the rest is made safe to print.
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

/** The text with every form of the secrets, and parts of one, hidden. */
export const withoutSecrets = (text: string, secrets: readonly Secret[]): string => hide(text, formsOf(secrets), whole);

/**
 * Forms in which secrets may come back: unchanged, in the web's encodings, in Base64, in hex, and each of them
 * reversed.
 */
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
 * Base64 in both alphabets. It has three forms, by the number of preceding bytes, as in `Basic` (RFC 7617); digits
 * shared with neighbouring text are left out.
 */
function base64After(before: number, bytes: Buffer): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const [start, end] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
  const coded = padded.toString("base64").slice(start, end);
  return [coded, coded.replaceAll("+", "-").replaceAll("/", "_")];
}

/** Which characters of a text count in a search: all. */
const whole = /[\s\S]/g;
/** Only letters and digits, to find a secret with inserted characters. */
const inPieces = /[a-z0-9]/gi;

/** The characters that count, in lower case, as percent-encoding has digits in either case. */
const searched = (text: string, counted: RegExp): string =>
  (text.match(counted) ?? []).join("").replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

function hide(text: string, forms: readonly string[], counted: RegExp): string {
  const seen = searched(text, counted);
  const positions = [...text.matchAll(counted)].map(({ index }) => index);
  const hidden = new Uint8Array(seen.length);
  const places = placesOfRuns(seen);
  for (const form of new Set(forms.map((one) => searched(one, counted)))) {
    if (form.length < recognised) {
      if (counted === whole) for (const at of placesOf(seen, form)) hidden.fill(1, at, at + form.length);
      continue;
    }
    for (let from = 0; from + recognised <= form.length; from += 1) {
      const run = form.slice(from, from + recognised);
      for (const at of places.get(run) ?? []) hidden.fill(1, at, at + recognised);
      // Once: a server that chose both token and text could make this take minutes.
      places.delete(run);
    }
  }
  let shown = "";
  let from = 0;
  for (let at = hidden.indexOf(1); at !== -1; ) {
    const next = hidden.indexOf(0, at);
    const end = next === -1 ? hidden.length : next;
    shown += `${text.slice(from, positions[at])}REDACTED`;
    from = (positions[end - 1] ?? text.length) + 1;
    at = next === -1 ? -1 : hidden.indexOf(1, next);
  }
  return shown + text.slice(from);
}

function placesOfRuns(text: string): Map<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (let at = 0; at + recognised <= text.length; at += 1) {
    const run = text.slice(at, at + recognised);
    const known = places.get(run);
    if (known === undefined) places.set(run, [at]);
    else known.push(at);
  }
  return places;
}

function placesOf(text: string, part: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); part !== "" && at !== -1; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}
