import { chmodSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeSurvey } from "../../../agent/identity/survey.ts";
import { createMacosPlatform } from "../../../agent/platform/macos/platform.ts";
import type { RunTool } from "../../../agent/platform/macos/tools.ts";
import { absent } from "../../../agent/reading.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { makeRoot } from "../linux/tree.ts";
import { printed } from "./fixture.ts";
import { namesOf } from "./names.ts";

const users = [
  { name: "localadmin", uid: 501, gid: 20 },
  { name: "zoë", uid: 1_166_999_417, gid: 1_700_000_001 },
];
const groups = {
  zoë: [
    { gid: 12, name: "everyone" },
    { gid: 1_700_000_001, name: "CORP\\Domain Users" },
    { gid: 1_700_000_002, name: "CORP\\Sales EMEA" },
  ],
};

/** A laptop of a domain, with zoë at the screen, as root's job sees it. */
function laptop(logins: readonly string[] = ["zoë"]) {
  const preferences = join(realpathSync(makeRoot({ "p.plist": "bplist00" })), "p.plist");
  chmodSync(preferences, 0o644);
  const run: RunTool = (tool, ...parameters) => {
    if (tool === "networksetup") return printed("networksetup-laptop");
    if (tool === "netstat") return parameters.at(-1) === "inet" ? "default  192.0.2.1  UGScg  en0\n" : "";
    if (tool === "plutil") return '{"groupPrefer":["Sales *"],"PayloadUUID":"X"}';
    if (parameters[1] === "-list") return printed("dscl-groups");
    return printed(parameters[2] === "/Users/zoë" ? "dscl-mobile" : "dscl-local");
  };
  return createMacosPlatform({
    uid: 0,
    effectiveUid: process.geteuid?.() ?? 0,
    names: namesOf(users, groups),
    runTool: run,
    openedByList: () => undefined,
    managedPreferences: preferences,
    hostUuid: () => Buffer.from("5e1f7a523c445d0b9a6e8c0e2b7d91f3", "hex"),
    addresses: () => ({ en0: [{ mac: "2a:11:22:33:44:55" }] }),
    sessionSources: {
      consoleOwner: () => 1_166_999_417,
      loginRecords: () => logins.map((user) => ({ user, line: "console", pid: 1, host: "" })),
      isAlive: () => true,
    },
  });
}

async function survey(platform = laptop()) {
  const policy = platform.policy();
  const values = policy.kind === "found" ? policy.value.values : {};
  const { settings } = resolveSettings([{ kind: "policy", location: "profile", spelling: "file", values }]);
  const silent = async () => absent("vendor client", "nothing listens there");
  return await takeSurvey({ ...platform, privileged: true }, silent, { user: undefined, session: undefined }, settings);
}

test("a Mac in a domain is linked by its burnt-in address, UUID, the user at the screen and the preferred group", async () => {
  const found = await survey();
  expect(found.problems).toEqual([]);
  expect(found.username).toBe("zoë");
  expect(found.groups?.group).toBe("Sales EMEA");
  expect(found.user).toMatchObject({ kind: "user", account: { domain: "CORP" }, reason: "logged on at the screen" });
  expect(found.device.candidates.map(({ value, opt }) => [value, opt])).toEqual([
    ["80:65:7c:00:20:4e", 0],
    ["00:e0:4c:00:00:01", 0],
    ["2a:11:22:33:44:55", 0],
  ]);
});

test("with a second person switched away nobody is linked", async () => {
  expect((await survey(laptop(["zoë", "localadmin"]))).user).toMatchObject({
    kind: "skipped",
    reason: expect.stringContaining("zoë, localadmin"),
  });
});
