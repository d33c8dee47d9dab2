import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataStart, trimIcuData } from "../../../installer/executable/icu-data.ts";
import { fetchRuntime } from "../../../installer/executable/runtime.ts";
import { targets } from "../../../installer/executable/targets.ts";

/** Prints a digest of what Node makes of every assigned code point in each way that depends on ICU. */
const script = `
const { createHash } = require("node:crypto");
// The planes and blocks that have more than ideographs, private use and nothing.
const blocks = [[0, 0x20000], [0x2f800, 0x2fa20], [0xe0000, 0xe0200]];
const points = blocks.flatMap(([from, to]) => Array.from({ length: to - from }, (_, at) => String.fromCodePoint(from + at)));
const ways = {
  nfc: (text) => text.normalize("NFC"),
  nfd: (text) => text.normalize("NFD"),
  nfkc: (text) => text.normalize("NFKC"),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  classes: (text) => [/\\p{L}/u, /\\p{Cc}/u, /\\p{Cf}/u, /\\p{Zl}|\\p{Zp}/u, /\\p{Cs}/u].map((one) => one.test(text)),
  ignoreCase: (text) => /[a-z\\u00e0]/iu.test(text),
};
const digest = (text) => createHash("sha256").update(text).digest("hex");
const digests = Object.entries(ways).map(([name, way]) => [name, digest(points.map(way).join("\\0"))]);
const all = points.join("");
const letters = points.filter((point) => /\\p{L}/u.test(point)).slice(0, 5000);
console.log(JSON.stringify({
  ...Object.fromEntries(digests),
  fromUtf8: digest(new TextDecoder("utf-8").decode(Buffer.from(all))),
  fromUtf16: digest(new TextDecoder("utf-16le").decode(Buffer.from(all, "utf16le"))),
  order: letters.toSorted((one, other) => one.localeCompare(other)).join(""),
  number: (1234567.891).toLocaleString(),
  date: new Date(1.7e12).toLocaleString("en-US", { timeZone: "Asia/Tokyo", dateStyle: "full", timeStyle: "long" }),
  host: new URL("https://B\\u00dcCHER.example").host,
}));`;

function answersOf(node: string): unknown {
  const env = { LANG: "C.UTF-8", TZ: "America/New_York" };
  const { stdout, stderr } = spawnSync(node, ["--eval", script], { encoding: "utf8", env, maxBuffer: 1e8 });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

function trimmedNode(target: string) {
  const found = targets.find(({ name }) => name === target);
  if (found === undefined) throw new Error(`there is no target ${target}`);
  const whole = fetchRuntime(found);
  const image = readFileSync(whole);
  const { offset, size } = trimIcuData(image);
  const start = image.lastIndexOf(dataStart, offset);
  return { whole, image, kept: image.subarray(start, offset), unused: image.subarray(offset, offset + size) };
}

test("a Node with less of ICU's data treats every kind of character, English and time zones as before", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-icu-"));
  const { whole, image } = trimmedNode("linux-x64");
  const trimmed = join(folder.path, "node");
  writeFileSync(trimmed, image, { mode: 0o755 });
  expect(answersOf(trimmed)).toEqual(answersOf(whole));
});

test("Windows' Node keeps the same data, and has only zeros behind it", () => {
  const windows = trimmedNode("win-x64");
  expect(windows.kept.equals(trimmedNode("linux-x64").kept)).toBe(true);
  expect(windows.unused.equals(Buffer.alloc(windows.unused.length))).toBe(true);
});
