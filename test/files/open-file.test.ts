import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Access, danglingLink, decodeText, openFile, readFileAt } from "../../agent/files/open-file.ts";
import { makeRoot } from "../platform/linux/tree.ts";

let root: string;
let path: string;

beforeEach(() => {
  root = makeRoot({ file: "text", other: "other's" });
  path = join(root, "name");
});

/** Things that others can put in place of a file, each with the message. */
const traps: Readonly<Record<string, { readonly set: () => void; readonly code: string }>> = {
  "a pipe that nobody writes into": { set: () => void spawnSync("mkfifo", [path]), code: "ENOTREG" },
  "a device without an end": { set: () => symlinkSync("/dev/zero", path), code: "ELOOP" },
  "a link to another file": { set: () => symlinkSync(join(root, "other"), path), code: "ELOOP" },
  "a link that leads nowhere": { set: () => symlinkSync(join(root, "none"), path), code: "ELOOP" },
  "another name of another file": { set: () => linkSync(join(root, "other"), path), code: "EMLINK" },
  "a folder": { set: () => mkdirSync(path), code: "EISDIR" },
};
const accesses: readonly Access[] = ["read", "append", "lock"];

test.each(Object.entries(traps))("%s is refused at once, for any access", (_, { set, code }) => {
  set();
  for (const access of accesses) expect(() => openFile(path, access)).toThrow(expect.objectContaining({ code }));
  expect(() => openFile(path, "create")).toThrow(expect.objectContaining({ code: "EEXIST" }));
  expect(readFileSync(join(root, "other"), "utf8")).toBe("other's");
  expect(existsSync(join(root, "none"))).toBe(false);
});

test("a device is not read under any name", () => {
  expect(() => openFile("/dev/zero", "read")).toThrow(/not a regular file/);
  symlinkSync("/dev/zero", path);
  expect(() => readFileAt(path, 1024)).toThrow(/not a regular file/);
});

test("a file that is too large is refused before it is read", () => {
  truncateSync(join(root, "file"), 1.5 * 2 ** 30);
  expect(() => readFileAt(join(root, "file"), 1024 * 1024)).toThrow("it is larger than 1024 KiB");
});

test("a file is read through a link", () => {
  symlinkSync("file", path);
  expect(readFileAt(path, 1024).toString()).toBe("text");
});

test("a dangling link on the path is distinguished from a missing name", () => {
  expect(danglingLink(join(root, "none/at/all"))).toBeUndefined();
  symlinkSync(join(root, "none"), path);
  expect(danglingLink(path)).toBe(path);
  expect(danglingLink(join(path, "below"))).toBe(path);
  symlinkSync(root, join(root, "whole"));
  expect(danglingLink(join(root, "whole/none"))).toBeUndefined();
});

test.each([
  ["plain", Buffer.from("é"), "é"],
  ["with a byte order mark", Buffer.from("\uFEFFé"), "é"],
  ["nothing", Buffer.alloc(0), ""],
])("text in UTF-8 is read: %s", (_, bytes, text) => {
  expect(decodeText(bytes)).toBe(text);
});

test.each([
  [
    "Latin-1",
    Buffer.from('{\n"groupPrefer": "Dom\xe4nen-Benutzer"}', "latin1"),
    "it is not UTF-8 (line 2); save it as UTF-8",
  ],
  ["UTF-16", Buffer.from("\uFEFF{}", "utf16le"), "it is UTF-16; save it as UTF-8"],
  ["UTF-16 without a mark", Buffer.from("{}", "utf16le"), "it is UTF-16; save it as UTF-8"],
  ["UTF-16, the other order", Buffer.from("\uFEFF{}", "utf16le").swap16(), "it is UTF-16; save it as UTF-8"],
])("text in %s is refused with words", (_, bytes, words) => {
  expect(() => decodeText(bytes)).toThrow(words);
});
