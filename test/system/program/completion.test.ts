import { execFileSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { start } from "../support/agent.ts";

/** Completion by bash with the printed script. zsh, fish and PowerShell are not run here. */

let script: string;
beforeAll(async () => {
  const { exitCode, stdout } = await start(["completion", "bash"]).ended;
  expect(exitCode).toBe(0);
  script = stdout;
});

function offered(...words: readonly string[]): readonly string[] {
  const ask = `COMP_WORDS=(linkuser-agent "$@"); COMP_CWORD=$#; _linkuser_agent; printf "%s\\n" "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", `${script}\n${ask}`, "bash", ...words], { encoding: "utf8" });
  return output.trim().split("\n");
}

test.each([
  [["do"], ["doctor"]],
  [["help", "pl"], ["plan"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish", "powershell"],
  ],
  [
    ["doctor", "--us"],
    ["--user", "--username-format"],
  ],
  [["--dry"], ["--dry-run"]],
  [["status", "--dry"], [""]],
  [["--log-level", "w"], ["warn"]],
  [["--log-level", "=", "w"], ["warn"]],
  [["--user", "a"], [""]],
  [["--config", import.meta.filename.slice(0, -3)], [import.meta.filename]],
])("after %j", (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});

test("64: an unknown shell, or none, with the list of shells", async () => {
  for (const args of [["completion", "tcsh"], ["completion"]]) {
    const { exitCode, stdout } = await start(args).ended;
    expect(exitCode).toBe(64);
    expect(stdout).toContain("linkuser-agent completion bash|zsh|fish|powershell");
  }
});
