import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Content by path below the root; a path that ends with a slash is a folder. */
export type Tree = Readonly<Record<string, string>>;

/** Makes a folder that stands for the root of a machine, and removes it after the test. */
export function makeRoot(tree: Tree = {}): string {
  const root = mkdtempSync(join(tmpdir(), "linkuser-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(tree)) {
    const target = join(root, path);
    mkdirSync(path.endsWith("/") ? target : dirname(target), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(target, content);
  }
  return root;
}

/** A tree that was captured on a machine: `test/fixtures/linux/NAME.json`. */
export function captured(name: string): Tree {
  return JSON.parse(readFileSync(new URL(`../../fixtures/linux/${name}.json`, import.meta.url), "utf8"));
}
