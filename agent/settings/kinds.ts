import { type Duration, duration, formatDuration, parseDuration } from "../duration.ts";

/** Outcome of reading one raw value; `allowed` completes "… is not valid: it must be …". */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly allowed: string };

/** The type of a value, for forms, installers and policy templates. */
type Facts =
  | { readonly type: "text" | "path" | "registry-value" | "duration" | "rate" | "list" | "switch" }
  /** A URL, or one of `words`. */
  | { readonly type: "url"; readonly schemes: readonly string[]; readonly words: readonly string[] }
  | { readonly type: "number"; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly type: "choice"; readonly choices: readonly string[] };

/** One kind of setting. Raw values come as text (flags, environment, registry strings), or as JSON and registry types. */
export type Kind<T> = Facts & {
  readonly parse: (raw: unknown) => Parsed<T>;
  /** Text that `parse` reads back, for `config` and the docs. */
  readonly format: (value: T) => string;
  /** In place of the value in help: `--fleet-size N`. */
  readonly placeholder: string;
  /** Completes "… must be". */
  readonly allowed: string;
};

const valid = <T>(value: T): Parsed<T> => ({ ok: true, value });
const invalid = (allowed: string): Parsed<never> => ({ ok: false, allowed });

/** @param read the value; undefined for one that is not valid */
function kindOf<T>(about: Omit<Kind<T>, "parse"> & Facts, read: (raw: unknown) => T | undefined): Kind<T> {
  const parse = (raw: unknown): Parsed<T> => {
    const value = read(raw);
    return value === undefined ? invalid(about.allowed) : valid(value);
  };
  return { ...about, parse };
}

function textOf(type: "text" | "path" | "registry-value", form: RegExp, placeholder: string, allowed: string) {
  const isValid = (raw: unknown): raw is string =>
    typeof raw === "string" && !/[^ -~\xa0-\uffff]/.test(raw) && form.test(raw);
  return kindOf({ type, placeholder, allowed, format: String }, (raw) => (isValid(raw) ? raw : undefined));
}

/** Text of 1 to 4096 UTF-16 units without control characters. */
export const text = (placeholder: string, allowed = "text without control characters"): Kind<string> =>
  textOf("text", /^.{1,4096}$/s, placeholder, allowed);

/** An absolute path of any system: settings of one may be written on another. */
export const absolutePath = (placeholder: string): Kind<string> =>
  textOf("path", /^(?:\/|[a-z]:[\\/]|\\\\)/i, placeholder, "an absolute path");

export const registryValue: Kind<string> = textOf(
  "registry-value",
  /^HKLM(?:\\[^\\]+){2,}$/i,
  "HKLM\\KEY\\VALUE",
  "the path of a value below HKLM, such as HKLM\\SOFTWARE\\OPSWAT\\GEARS Client\\Config\\DeviceID",
);

export function choice<const C extends readonly string[]>(...choices: C): Kind<C[number]> {
  const shown = { placeholder: choices.join("|"), allowed: `one of ${choices.join(", ")}`, format: String };
  return kindOf({ type: "choice", choices, ...shown }, (raw) => choices.find((one) => one === raw));
}

/** A whole number, both ends included. @param unit in the plural; empty for a plain number */
export function integer(min: number, max: number, unit: string): Kind<number> {
  const shown = { placeholder: "N", allowed: `a whole number from ${min} to ${max}`, format: String };
  return kindOf({ type: "number", min, max, unit, ...shown }, (raw) => {
    const value = typeof raw === "string" && /^\d{1,9}$/.test(raw) ? Number(raw) : raw;
    return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  });
}

/** `true` and `false`; registry policies and scripts write 1 and 0. */
export const flag: Kind<boolean> = kindOf(
  { type: "switch", placeholder: "true|false", allowed: "true or false", format: String },
  (raw) => {
    if (raw === true || raw === "true" || raw === 1 || raw === "1") return true;
    return raw === false || raw === "false" || raw === 0 || raw === "0" ? false : undefined;
  },
);

/** Shown where a duration is refused. */
const examples = ["250ms", "30s", "15m", "8h", "30d"].map(duration);

/** A duration, both ends included. */
export function durationBetween(min: Duration, max: Duration): Kind<Duration> {
  const fitting = examples.filter((one) => one >= min && one <= max).map(formatDuration);
  const allowed = `a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as ${fitting.join(", ")}`;
  return kindOf({ type: "duration", placeholder: "DURATION", allowed, format: formatDuration }, (raw) => {
    const value = typeof raw === "string" ? parseDuration(raw) : undefined;
    return value !== undefined && value >= min && value <= max ? value : undefined;
  });
}

/**
 * A list of distinct items; in text comma-separated, or as JSON where an item has a comma. An empty list means none.
 */
export function list<T extends string>(item: Kind<T>, limits: { min: number; max: number }): Kind<readonly T[]> {
  const allowed = `a list of ${limits.min} to ${limits.max} different items`;
  return {
    parse: (raw) => {
      const parts = typeof raw === "string" ? splitList(raw) : raw;
      if (!Array.isArray(parts) || parts.length < limits.min || parts.length > limits.max) return invalid(allowed);
      const items: T[] = [];
      for (const part of parts) {
        const parsed = item.parse(typeof part === "string" ? part.trim() : part);
        if (!parsed.ok) return invalid(`a list in which each item is ${parsed.allowed}`);
        if (items.includes(parsed.value)) return invalid(allowed);
        items.push(parsed.value);
      }
      return valid(items);
    },
    format: (values) => {
      const items = values.map((value) => item.format(value));
      return items.some((one) => /^\[|,/.test(one)) ? JSON.stringify(items) : items.join(",");
    },
    placeholder: `${item.placeholder},…`,
    allowed,
    type: "list",
  };
}

/** The item that stands for the default's items, in lists that can extend the default. */
const andDefault = "+";

/** A list in which the item `+` stands for given items, to which the others are added. */
export function addingTo(kind: Kind<readonly string[]>, items: readonly string[]): Kind<readonly string[]> {
  return {
    ...kind,
    parse: (raw) => {
      const parsed = kind.parse(raw);
      if (!parsed.ok) return parsed;
      return valid([...new Set(parsed.value.flatMap((item) => (item === andDefault ? items : [item])))]);
    },
  };
}

function splitList(raw: string): unknown {
  const text = raw.trim();
  if (text === "") return [];
  try {
    if (text.startsWith("[")) return JSON.parse(text);
  } catch {
    // Not JSON: a pattern may begin with a bracket.
  }
  return raw.split(",");
}

/** The number of calls that the API accepts from the account in a period. */
export interface RateLimit {
  /** 1 to 100000 calls. */
  readonly calls: number;
  readonly period: Duration;
}

/** `10/1m`; both parts have bounds. */
export const rateLimit: Kind<RateLimit> = kindOf(
  {
    type: "rate",
    placeholder: "CALLS/PERIOD",
    allowed: "calls per period of at least 1s, such as 10/1m",
    format: ({ calls, period }) => `${calls}/${formatDuration(period)}`,
  },
  (raw) => {
    const match = typeof raw === "string" ? /^(\d{1,6})\/(.+)$/.exec(raw) : null;
    const calls = Number(match?.[1]);
    const period = parseDuration(match?.[2] ?? "");
    const isValid = calls >= 1 && calls <= 100_000 && period !== undefined && period >= 1000;
    return isValid ? { calls, period } : undefined;
  },
);

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * A URL without user name and password, or one of some words.
 * @param allowed completes "it must be …"
 * @param parse the value of a URL with one of the schemes; undefined for one that is not allowed
 */
function urlKind(
  allowed: string,
  { schemes, words }: { readonly schemes: readonly string[]; readonly words: readonly string[] },
  parse: (url: URL, raw: string) => Parsed<string> | undefined,
): Kind<string> {
  return {
    parse: (raw) => {
      if (typeof raw !== "string") return invalid(allowed);
      if (words.includes(raw)) return valid(raw);
      if (!URL.canParse(raw)) return invalid(allowed);
      const url = new URL(raw);
      const isPlain = url.username === "" && url.password === "" && schemes.includes(url.protocol);
      return (isPlain ? parse(url, raw) : undefined) ?? invalid(allowed);
    },
    format: (value) => value,
    placeholder: [...words, "URL"].join("|"),
    allowed,
    type: "url",
    schemes,
    words,
  };
}

/** The address before a path of the API: `/o/oauth/token`, `/o/api/v3/…`. */
const apiPath = /^(.*?)\/o\/(?:api|oauth)(?:\/.*)?$/;

/** The tenant's origin, perhaps with a path in front of the API's own; kept without a slash at the end. */
export const tenantUrl = urlKind(
  "an https: URL (http: only to a loopback address) without user name, password, ?query and #fragment, such as https://gears.opswat.com",
  { schemes: ["https:", "http:"], words: [] },
  (url, raw) => {
    const isSecure = url.protocol === "https:" || isLoopback(url.hostname);
    if (!isSecure || /[?#]/.test(raw)) return undefined;
    const href = url.href.replace(/\/+$/, "");
    const withApi = apiPath.exec(href);
    // Otherwise the API's path would be sent twice.
    return withApi === null ? valid(href) : invalid(`the address without the API's own path: ${withApi[1]}`);
  },
);

/** Where a PAC script is fetched, over http: or https:. */
export const scriptUrl = urlKind(
  "an http: or https: URL without user name, password and #fragment, such as https://wpad.example.com/proxy.pac",
  { schemes: ["https:", "http:"], words: [] },
  (url, raw) => (raw.includes("#") ? undefined : valid(url.href)),
);

/** `auto`, `none`, or the proxy's URL. Its password, if it needs one, is in the credential file. */
export const proxy = urlKind(
  "auto, none, or an http:, https: or socks5: URL without user name and password, such as http://proxy.example.com:3128 or socks5://proxy.example.com:1080",
  { schemes: ["https:", "http:", "socks5:"], words: ["auto", "none"] },
  ({ href, hostname, pathname, search, hash }) =>
    /^\/?$/.test(pathname) && search === "" && hash === "" && hostname !== "" ? valid(href) : undefined,
);
