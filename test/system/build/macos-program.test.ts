import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../../../installer/executable/bundle.ts";

/** The macOS executable's program, which starts here without a Mac around it. */
const scratch = mkdtempSync(join(tmpdir(), "linkuser-macos-"));
const program = join(scratch, "program.cjs");
beforeAll(async () => {
  await bundleProgram(join(import.meta.dirname, "../../..", "agent", "main.ts"), program, "darwin");
});
afterAll(() => rmSync(scratch, { recursive: true }));

function run(...parameters: readonly string[]) {
  const options = ["--disable-warning=ExperimentalWarning", program, ...parameters];
  const env = { HOME: join(scratch, "home") };
  const { status, stdout } = spawnSync(process.execPath, options, { encoding: "utf8", env, timeout: 60_000 });
  return { status, document: JSON.parse(stdout) as Readonly<Record<string, unknown>> };
}

test("it has macOS' own folders and policy, and no settings apply", () => {
  const { status, document } = run("config", "--json");
  expect(status).toBe(0);
  expect(JSON.stringify(document)).toContain("/Library/Application Support/LinkUserAgent/credential.json");
});

test("a Mac of which nothing can be read gives one document that names what failed, and no defect", () => {
  const { status, document } = run("--dry-run", "--json", "--identify", "mac,hwid");
  expect(document["outcome"]).toBe("unreachable");
  expect(status).toBe(69);
  const reported = JSON.stringify(document);
  for (const tool of ["/usr/sbin/networksetup", "/usr/sbin/ioreg", "libSystem"]) expect(reported).toContain(tool);
});

test("nothing is installed from sources that run under Node", () => {
  const { status, document } = run("install", "--dry-run", "--json");
  const [expected, code] = process.geteuid?.() === 0 ? [78, "install-failed"] : [64, "not-permitted"];
  expect(document).toMatchObject({ error: { code } });
  expect(status).toBe(expected);
});
