import { existsSync, lstatSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBundleFile, lastLogLines } from "../../agent/doctor/bundle.ts";
import { Secret } from "../../agent/secret.ts";
import { makeRoot } from "../platform/linux/tree.ts";

test("only its owner can read it, and it has no secret in any form", () => {
  const path = join(makeRoot(), "bundle.json");
  const secret = new Secret("planted/secret+1");
  {
    using bundle = createBundleFile(path);
    bundle.write({ log: ["x planted/secret+1", `y ${encodeURIComponent(secret.reveal())}`] }, [secret]);
  }
  const text = readFileSync(path, "utf8");
  expect(JSON.parse(text)).toEqual({ log: ["x REDACTED", "y REDACTED"] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("an existing file is kept, and a link is not followed", () => {
  const root = makeRoot({ "kept.json": "kept" });
  expect(() => createBundleFile(join(root, "kept.json"))).toThrow(/already exists/);
  expect(readFileSync(join(root, "kept.json"), "utf8")).toBe("kept");
  symlinkSync(join(root, "elsewhere"), join(root, "link"));
  expect(() => createBundleFile(join(root, "link"))).toThrow(expect.objectContaining({ code: "invalid-value" }));
  expect(lstatSync(join(root, "link")).isSymbolicLink()).toBe(true);
  expect(existsSync(join(root, "elsewhere"))).toBe(false);
});

test("nothing is left of one that was not written", () => {
  const path = join(makeRoot(), "bundle.json");
  createBundleFile(path)[Symbol.dispose]();
  expect(existsSync(path)).toBe(false);
});

test("a missing folder is named, with what to do", () => {
  expect(() => createBundleFile(join(makeRoot(), "none/bundle.json"))).toThrow(
    /can't be written: no such file or folder\. Name a file in a folder that exists\.$/,
  );
});

test("the log's last 200 lines come from both of its files", () => {
  const lines = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}${at}`);
  const root = makeRoot({
    "agent.log.1": `${lines("old", 300).join("\n")}\n`,
    "agent.log": `${lines("new", 50).join("\n")}\n`,
  });
  const last = lastLogLines(join(root, "agent.log"));
  expect(last).toHaveLength(200);
  expect([last[0], last[149], last[150], last[199]]).toEqual(["old150", "old299", "new0", "new49"]);
  expect(lastLogLines(join(root, "none.log"))).toEqual([]);
  for (const [path, why] of [
    [root, "it is a folder"],
    ["/dev/zero", "it is not a regular file"],
  ] as const)
    expect(lastLogLines(path)).toEqual([`${path} can't be read: ${why}`]);
});
