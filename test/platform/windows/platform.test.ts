import { expect, test } from "vitest";
import type { TokenFacts } from "../../../agent/platform/windows/accounts/read-tokens.ts";
import { createWindowsPlatform } from "../../../agent/platform/windows/platform.ts";

const tokenOf = (userSid: string): TokenFacts => ({
  userSid,
  groups: [{ sid: "S-1-5-32-544", attributes: 7 }],
  primaryGroup: undefined,
  names: undefined,
});

test.each([
  ["an administrator at an elevated prompt", "S-1-5-21-1-2-3-1001", true],
  ["a user of Entra ID", "S-1-12-1-1-2-3-4", true],
  ["SYSTEM", "S-1-5-18", false],
  ["a service's account", "S-1-5-80-1-2-3-4-5", false],
])("the token decides who started a run, not USERNAME: %s", (_who, sid, person) => {
  const platform = createWindowsPlatform({
    environment: { USERNAME: person ? "SYSTEM" : "alice" },
    logonSources: { ownToken: () => tokenOf(sid) },
    readKey: () => undefined,
    systemDirectory: () => "C:\\Windows\\System32",
  });
  expect(platform.startedByPerson()).toBe(person);
});
