import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { config } from "../../agent/commands/config.ts";
import { found } from "../../agent/reading.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

const linesOf = (text: string, name: string) => text.split("\n").filter((line) => line.startsWith(name));

test("each setting has a line with its value and layer; each layer's place has a line", () => {
  const file = join(makeRoot(), "config.json");
  writeFileSync(file, JSON.stringify({ fleetSize: 5, groupPrefer: ["Sales *"] }));
  const policy = { origin: "/etc/policy.json", spelling: "file", values: { baseUrl: "https://x.example" } } as const;
  const others = { policy: () => found(policy, "fake") };
  const commandLine = readCommandLine(["config", "--splay", "5m", "--config", file]);
  const { text } = config(fakeRuntime(fakePlatform({ others })), commandLine);
  expect(linesOf(text, "baseUrl")).toEqual(["baseUrl            policy   https://x.example"]);
  expect(linesOf(text, "fleetSize")).toEqual(["fleetSize          file     5"]);
  expect(linesOf(text, "splay")).toEqual(["splay              flag     5m"]);
  expect(linesOf(text, "deadline")).toEqual(["deadline           default  8h"]);
  expect(text.split("\n").slice(-3)).toEqual(["", "policy: /etc/policy.json", `file: ${file}`]);
});
