import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeLinuxPackage } from "../../../installer/packages.ts";
import { builtExecutable } from "./linux-machine.ts";

/** It reads the whole executable, which takes its time. */
test("lintian finds nothing in the deb", { timeout: 600_000 }, () => {
  const dist = mkdtempSync(join(tmpdir(), "linkuser-agent-lintian-"));
  try {
    const deb = makeLinuxPackage("deb", "linux-x64", builtExecutable, dist);
    expect(execFileSync("lintian", ["--allow-root", "--fail-on=none", deb], { encoding: "utf8" })).toBe("");
  } finally {
    rmSync(dist, { recursive: true });
  }
});
