import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { makeLinuxPackage } from "../../../installer/packages.ts";
import { builtExecutable, startMachine } from "../install/linux-machine.ts";

/** The workflow's script for disposable Linux machines, run in a booted Debian. */
test("linux.sh installs, links and removes the deb", async () => {
  const dist = mkdtempSync(join(dirname(builtExecutable), "test-script-"));
  try {
    const deb = makeLinuxPackage("deb", "linux-x64", builtExecutable, dist);
    await using machine = await startMachine("script");
    const { status, stdout, stderr } = machine.try(resolve(import.meta.dirname, "linux.sh"), deb);
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain("all of it worked");
  } finally {
    rmSync(dist, { recursive: true });
  }
});
