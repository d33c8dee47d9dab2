import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { macosTools } from "../../../../agent/platform/macos/compare/tool-readings.ts";
import type { RunTool } from "../../../../agent/platform/macos/tools.ts";
import { account } from "../../../fakes/accounts.ts";

/** From the manuals; none of it was captured on a Mac of ours. */
const printed: Readonly<Record<string, string>> = {
  "ifconfig -a":
    "lo0: flags=8049<UP> mtu 16384\n\tinet 127.0.0.1\nen0: flags=8863<UP> mtu 1500\n\tether 3c:22:fb:00:00:01 \nutun0: flags=8051<UP>\n",
  "ioreg -rd1 -c IOPlatformExpertDevice": '  "IOPlatformUUID" = "0B8F1C2D-3E4F-5A6B-7C8D-9E0F1A2B3C4D"\n',
  "stat -f %u /dev/console": "501\n",
  "dscl /Search -read /Users/alice UniqueID": "UniqueID: 501\n",
  "launchctl print system/com.linkuser.agent": "com.linkuser.agent = {\n",
};

const valuesOf = (all: Readonly<Record<string, string>>) => {
  const run: RunTool = (...command) => {
    const text = all[command.join(" ")];
    if (text === undefined) throw new AgentError("identity-unreadable", "It ended with 113.");
    return text;
  };
  const readings = macosTools(run)(account("alice", { userKey: "501", systemName: "alice" }));
  return Object.fromEntries(
    readings.map(({ fact, values }) => [fact, values.kind === "found" ? values.value : values.kind]),
  );
};

test("each tool's output is read in the form of this program's readings", () => {
  expect(valuesOf(printed)).toEqual({
    "mac-addresses": ["3c:22:fb:00:00:01"],
    "hardware-uuid": ["0b8f1c2d-3e4f-5a6b-7c8d-9e0f1a2b3c4d"],
    "console-user": ["501"],
    user: ["501 alice"],
    trigger: ["there"],
  });
});

test("at the login window nobody is at the screen; a job that is not there is none", () => {
  expect(valuesOf({ "stat -f %u /dev/console": "0\n" })).toEqual({
    "mac-addresses": "failed",
    "hardware-uuid": "failed",
    "console-user": [],
    user: "failed",
    trigger: [],
  });
});
