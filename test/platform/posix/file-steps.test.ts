import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileStep, folderRemovalStep, modeStep, removalStep } from "../../../agent/platform/posix/file-steps.ts";
import { makeRoot } from "../linux/tree.ts";

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

test("creates a file with its mode, and readable folders above it, regardless of the umask", () => {
  const root = makeRoot();
  const path = join(root, "a/b/file");
  const step = fileStep("file", path, { text: "x", mode: 0o644 });
  expect(step).toMatchObject({ what: `file ${path}`, change: "create" });
  const umask = process.umask(0o077);
  const undo = step.apply();
  process.umask(umask);
  expect(readFileSync(path, "utf8")).toBe("x");
  expect([path, join(root, "a"), join(root, "a/b")].map(modeOf)).toEqual([0o644, 0o755, 0o755]);
  expect(fileStep("file", path, { text: "x", mode: 0o644 }).change).toBe("keep");
  undo();
  expect(readdirSync(root)).toEqual([]);
});

test("changes content and mode, and puts both back", () => {
  const path = join(makeRoot({ file: "before" }), "file");
  chmodSync(path, 0o640);
  const step = fileStep("file", path, { text: "after", mode: 0o600 });
  expect(step.change).toBe("update");
  const undo = step.apply();
  expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["after", 0o600]);
  undo();
  expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["before", 0o640]);
});

test("a file with the same content and another mode is not kept", () => {
  const path = join(makeRoot({ file: "x" }), "file");
  chmodSync(path, 0o644);
  expect(fileStep("file", path, { text: "x", mode: 0o600 }).change).toBe("update");
});

test("changes the mode of a file and restores it; a file that is gone by then is reported", () => {
  const path = join(makeRoot({ file: "x" }), "file");
  chmodSync(path, 0o600);
  const step = modeStep("mode", path, 0o644);
  expect(step).toMatchObject({ what: "mode", change: "update" });
  const undo = step.apply();
  expect(modeOf(path)).toBe(0o644);
  expect(modeStep("mode", path, 0o644).change).toBe("keep");
  undo();
  expect(modeOf(path)).toBe(0o600);
  rmSync(path);
  expect(() => step.apply()).toThrow(expect.objectContaining({ code: "install-failed" }));
});

test("a link in a file's place is replaced, not followed, and restored", () => {
  const root = makeRoot({ elsewhere: "untouched" });
  const path = join(root, "file");
  symlinkSync("elsewhere", path);
  const undo = fileStep("file", path, { text: "x", mode: 0o600 }).apply();
  expect(lstatSync(path).isFile()).toBe(true);
  expect(readFileSync(join(root, "elsewhere"), "utf8")).toBe("untouched");
  undo();
  expect(readlinkSync(path)).toBe("elsewhere");
});

test("a file that another user left under the temporary name is not written to", () => {
  const root = makeRoot({ elsewhere: "untouched" });
  symlinkSync("elsewhere", join(root, "file.new"));
  fileStep("file", join(root, "file"), { text: "x", mode: 0o600 }).apply();
  expect(readFileSync(join(root, "elsewhere"), "utf8")).toBe("untouched");
  expect(readdirSync(root).sort()).toEqual(["elsewhere", "file"]);
});

test("creates a link, and recognises it later", () => {
  const path = join(makeRoot(), "wants/link");
  const undo = fileStep("link", path, { linkTo: "../unit" }).apply();
  expect(readlinkSync(path)).toBe("../unit");
  expect(fileStep("link", path, { linkTo: "../unit" }).change).toBe("keep");
  expect(fileStep("link", path, { linkTo: "../other" }).change).toBe("update");
  undo();
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test("removes a file with its folder where nothing else is in it, and puts both back", () => {
  const root = makeRoot({ "folder/file": "x" });
  const path = join(root, "folder/file");
  const undo = removalStep("file", path, true).apply();
  expect(readdirSync(root)).toEqual([]);
  undo();
  expect(readFileSync(path, "utf8")).toBe("x");
  expect(removalStep("file", join(root, "none")).change).toBe("absent");
});

test("a folder with something else in it stays", () => {
  const root = makeRoot({ "folder/file": "x", "folder/other": "y" });
  removalStep("file", join(root, "folder/file"), true).apply();
  expect(readdirSync(join(root, "folder"))).toEqual(["other"]);
});

test("removes a folder with all that is in it", () => {
  const root = makeRoot({ "folder/deep/file": "x" });
  expect(folderRemovalStep("state", join(root, "folder")).change).toBe("remove");
  folderRemovalStep("state", join(root, "folder")).apply();
  expect(readdirSync(root)).toEqual([]);
  expect(folderRemovalStep("state", join(root, "folder")).change).toBe("absent");
});

test("if nothing can be written, the error names the path, and nothing is left", () => {
  const root = makeRoot({ "file/": "" });
  mkdirSync(join(root, "file/inside"));
  const step = () => fileStep("file", join(root, "link/file"), { text: "x", mode: 0o600 }).apply();
  writeFileSync(join(root, "link"), "a file");
  expect(step).toThrow(join(root, "link/file"));
  expect(readdirSync(root).sort()).toEqual(["file", "link"]);
});

test("folders that were made for a file that can't be written go again", () => {
  const root = makeRoot();
  const path = join(root, "a/b", "x".repeat(253));
  expect(() => fileStep("file", path, { text: "x", mode: 0o600 }).apply()).toThrow("the name is too long");
  expect(readdirSync(root)).toEqual([]);
});

test("a restored folder is readable, regardless of the umask", () => {
  const root = makeRoot({ "folder/file": "x" });
  const undo = removalStep("file", join(root, "folder/file"), true).apply();
  const umask = process.umask(0o077);
  undo();
  process.umask(umask);
  expect(modeOf(join(root, "folder"))).toBe(0o755);
});
