import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { readHardwareIds } from "../../../../agent/platform/macos/hardware/hardware-ids.ts";
import type { RunTool } from "../../../../agent/platform/macos/tools.ts";
import { printed } from "../fixture.ts";

const uuid = "5e1f7a52-3c44-5d0b-9a6e-8c0e2b7d91f3";
const bytes = () => Buffer.from(uuid.replaceAll("-", ""), "hex");
const ioreg: RunTool = () => printed("ioreg");
const noTool: RunTool = () => {
  throw new AgentError("identity-unreadable", "ioreg can't be run");
};
const noCall = () => {
  throw new AgentError("identity-unreadable", "gethostuuid failed with errno 35");
};

test("the system call's bytes are the UUID, and no tool is run", () => {
  expect(readHardwareIds(bytes, noTool)).toMatchObject([{ kind: "found", value: uuid }]);
});

test("where the call fails the I/O registry is asked", () => {
  expect(readHardwareIds(noCall, ioreg)).toMatchObject([
    { kind: "absent", reason: expect.stringContaining("errno 35") },
    { kind: "found", value: uuid },
  ]);
});

test("all zeros are no identifier", () => {
  expect(
    readHardwareIds(
      () => Buffer.alloc(16),
      () => "{\n}\n",
    ),
  ).toMatchObject([
    { kind: "absent", reason: expect.stringContaining("placeholder") },
    { kind: "absent", reason: "not in the I/O registry" },
  ]);
});

test("both failing is a failure", () => {
  expect(readHardwareIds(noCall, noTool)).toMatchObject([{ kind: "absent" }, { kind: "failed" }]);
});
