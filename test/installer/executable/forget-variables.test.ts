import { expect, test } from "vitest";
import { blankNames, forgotten } from "../../../installer/executable/forget-variables.ts";

/** As V8's heap has it: the length, then the characters, then padding. */
const heapString = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length, 0, 0, 0]), Buffer.from(`${text}\0`)]);
const image = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));

test.each(forgotten)("%s is asked for by an empty name, and nothing else changes", (name) => {
  const snapshot = heapString(name);
  const before = image("\0MY_", name, "\0", name, "_MORE\0see ", name, "\0", snapshot, "\0", name, "\0");
  const after = Buffer.from(before);
  blankNames(after, [name]);
  const place = before.length - name.length - 1;
  expect(after[place]).toBe(0);
  after[place] = before[place] ?? 0;
  expect(after.equals(before)).toBe(true);
});

test.each([
  ["no", image("text\0", heapString("NODE_X"))],
  ["more than one", image("\0NODE_X\0NODE_X\0")],
])("a binary with %s such name is refused", (count, binary) => {
  expect(() => blankNames(binary, ["NODE_X"])).toThrow(`Node's binary has ${count} string NODE_X to blank`);
});
