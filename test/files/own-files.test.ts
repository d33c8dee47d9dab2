import { mkdirSync, mkdtempDisposableSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../agent/files/own-files.ts";

test.each([1, 2, 3])("a folder that another run creates at the same time is used: before attempt %s", (turn) => {
  using parent = mkdtempDisposableSync(join(tmpdir(), "linkuser-folder-"));
  const path = join(parent.path, "one", "two");
  let attempts = 0;
  makeFolder(path, (name, options) => {
    attempts += 1;
    if (attempts === turn) mkdirSync(path, { recursive: true });
    mkdirSync(name, options);
  });
  expect(statSync(path).isDirectory()).toBe(true);
});

test("a folder whose parent appears between two looks is created", () => {
  using parent = mkdtempDisposableSync(join(tmpdir(), "linkuser-folder-"));
  const path = join(parent.path, "one", "two");
  let attempts = 0;
  makeFolder(path, (name, options) => {
    attempts += 1;
    try {
      mkdirSync(name, options);
    } finally {
      if (attempts === 1) mkdirSync(join(parent.path, "one"));
    }
  });
  expect(statSync(path).isDirectory()).toBe(true);
});
