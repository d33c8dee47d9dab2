import { expect, test } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { readListener } from "../../../agent/platform/macos/listener.ts";

test.each([
  ["p410\nu0\nf12\n", { trusted: true, owner: "root" }],
  ["p410\nu260\nf12\n", { trusted: true, owner: "the user ID 260" }],
  ["p410\nu0\nf12\np977\nu501\nf5\n", { trusted: false, owner: "the user ID 501" }],
])("lsof prints %j", (printed, value) => {
  expect(readListener(11_369, () => printed)).toMatchObject({ kind: "found", value });
});

const failing = (message: string) => () => {
  throw new AgentError("identity-unreadable", message);
};

test("nothing listens, or lsof can't be run", () => {
  expect(readListener(1, () => "")).toMatchObject({ kind: "absent" });
  expect(readListener(1, failing("/usr/sbin/lsof ended with 1: ."))).toMatchObject({ kind: "absent" });
  expect(readListener(1, failing("/usr/sbin/lsof can't be run (ENOENT)."))).toMatchObject({ kind: "failed" });
});
