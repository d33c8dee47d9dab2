import { describe, expect, test } from "vitest";
import type { Clock } from "../../../agent/clock.ts";
import { checkAdapters } from "../../../agent/doctor/identity/adapters.ts";
import { checkGroups } from "../../../agent/doctor/identity/groups.ts";
import { checkIdentifier } from "../../../agent/doctor/identity/identifier.ts";
import { checkHardwareIds } from "../../../agent/doctor/identity/identifier-source.ts";
import { observe } from "../../../agent/doctor/identity/observe.ts";
import { checkSessions } from "../../../agent/doctor/identity/sessions.ts";
import type { SeenSurvey } from "../../../agent/doctor/identity/survey.ts";
import { checkUser } from "../../../agent/doctor/identity/user.ts";
import { checkVendorClient } from "../../../agent/doctor/identity/vendor-client.ts";
import { AgentError } from "../../../agent/errors.ts";
import type { DeviceId } from "../../../agent/identity/device-id.ts";
import { takeSurvey } from "../../../agent/identity/survey.ts";
import type { Platform } from "../../../agent/platform/port.ts";
import { absent, failed, found, type Reading } from "../../../agent/reading.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { account, adapter, group, mac, session } from "../../fakes/accounts.ts";
import { virtualClock } from "../../fakes/clock.ts";
import { fakePlatform, unreadable } from "../../fakes/platform.ts";

const clock: Clock = { ...virtualClock(), sleep: () => new Promise(() => {}) };
const id = "1dc0aaaa292ce801f5379042d68bb6cb" as DeviceId;
const alice = account("alice", { userKey: "1000" });

const machine: Parameters<typeof fakePlatform>[0] = {
  sessions: [session({ userKey: "1000" }), session({ id: "c1", userKey: "42", class: "other" })],
  accounts: [alice],
  groups: [group("domain users", { primary: true }), group("Sales EMEA")],
};

async function seen(
  {
    others = {},
    vendor = absent("fake", "nothing listens there"),
    ...parts
  }: typeof machine & { others?: Partial<Platform>; vendor?: Reading<DeviceId> } = {},
  values: Readonly<Record<string, unknown>> = {},
  user?: string,
): Promise<SeenSurvey> {
  const { settings } = resolveSettings([{ kind: "file", location: undefined, values }]);
  const observed = observe(fakePlatform({ ...machine, ...parts, others }), async () => vendor, clock, 1000);
  const request = { user, session: undefined };
  return { survey: await takeSurvey(observed.platform, observed.askVendorClient, request, settings), observed };
}

describe("on a machine where everything can be read", async () => {
  const all = await seen(
    { vendor: found(id, "vendor's client"), others: { hardwareIds: async () => [found(id, "machine ID")] } },
    { groupPrefer: "Sales*" },
  );

  test.each([
    ["vendor client", checkVendorClient(all), `${id}, vendor's client`],
    ["adapters", checkAdapters(all), "eth0 00:0c:29:f2:7a:29"],
    ["identifier", checkIdentifier(all), `HWID ${id}, then 1 more`],
    ["sessions", checkSessions(all), "1 user session, 1 system session"],
    ["user", checkUser(all), "CORP\\alice, logged on at the screen; sent as alice"],
    ["groups", checkGroups(all), "Sales EMEA of 2 groups is sent: it matches the pattern Sales*"],
  ])("%s is well", (_name, finding, detail) => {
    expect(finding).toMatchObject({ status: "ok", detail });
  });
});

describe("an identifier's source", () => {
  test("that identify leaves out is not read", async () => {
    const macAlone = await seen({}, { identify: "mac" });
    expect(checkVendorClient(macAlone)).toMatchObject({ status: "skip" });
    expect(checkHardwareIds(macAlone)).toMatchObject({ status: "skip" });
    expect(checkAdapters(await seen({}, { identify: "hwid" }))).toMatchObject({ status: "skip" });
  });

  test("is reported if the client is installed with its local API off", async () => {
    const installed = await seen({ others: { vendorClientInstalled: () => true } });
    expect(checkVendorClient(installed)).toMatchObject({
      status: "skip",
      detail: "client installed, local API off (nothing listens there); none; nothing listens there",
    });
    const hwid = { others: { vendorClientInstalled: () => true }, vendor: found(id, "vendor's client") };
    expect(checkVendorClient(await seen(hwid))).toMatchObject({ status: "ok", detail: `${id}, vendor's client` });
  });

  test("that has nothing is no fault", async () => {
    const none = await seen();
    expect(checkVendorClient(none)).toMatchObject({ status: "skip", detail: "none; nothing listens there" });
    expect(checkHardwareIds(none)).toMatchObject({ status: "skip", detail: "none" });
  });

  test("that can't be read is a warning, as another may have the identifier", async () => {
    const failing = await seen({ vendor: unreadable, others: { adapters: async () => unreadable } });
    expect(checkVendorClient(failing)).toMatchObject({
      status: "warn",
      detail: "the directory does not answer",
    });
    expect(checkAdapters(failing)).toMatchObject({ status: "warn" });
  });

  test("without one usable adapter, each is reported with its reason", async () => {
    const virtual = adapter({
      name: "docker0",
      kind: "virtual",
      mac: mac("02:42:00:00:00:01"),
      kindReason: "no device",
    });
    const finding = checkAdapters(await seen({ adapters: [virtual] }));
    expect(finding).toMatchObject({ status: "warn", detail: expect.stringContaining("docker0: ") });
  });
});

test("a dock is named", async () => {
  const dock = adapter({ name: "eth2", mac: mac("00:e0:4c:68:00:01"), detachable: true });
  const docked = await seen({ adapters: [dock] });
  expect(checkAdapters(docked)).toMatchObject({ detail: "eth2 (USB adapter or dock) 00:e0:4c:68:00:01" });
  expect(checkIdentifier(docked)).toMatchObject({
    detail: "MAC address 00:e0:4c:68:00:01 of a USB adapter or dock, no other",
  });
  expect(checkAdapters(await seen({ adapters: [adapter(), dock] }))).toMatchObject({
    detail: expect.stringMatching(/^eth0 \S+; then eth2 \(USB adapter or dock\)$/),
  });
});

test("without an identifier from any source the device can't be linked", async () => {
  const finding = checkIdentifier(await seen({ adapters: [] }));
  expect(finding).toMatchObject({ status: "fail", error: { code: "no-identifier" } });
});

describe("user", () => {
  test("nobody logged on is no fault of the machine", async () => {
    const nobody = await seen({ sessions: [] });
    expect(checkUser(nobody)).toMatchObject({ status: "warn", advice: "linkuser-agent doctor --user NAME" });
    expect(checkSessions(nobody)).toMatchObject({ status: "ok", detail: "0 user sessions" });
    expect(checkGroups(nobody)).toMatchObject({ status: "skip", detail: "needs user" });
  });

  test("excluded by the settings is a warning", async () => {
    const finding = checkUser(await seen({}, { excludeUsers: "al*" }));
    expect(finding).toMatchObject({ status: "warn", detail: expect.stringContaining("al*") });
  });

  test("sessions that can't be read fail once", async () => {
    const failing = await seen({ sessions: unreadable });
    expect(checkSessions(failing)).toMatchObject({ status: "fail", error: { code: "identity-unreadable" } });
    expect(checkUser(failing)).toMatchObject({ status: "skip", detail: "needs sessions" });
  });

  test("an account that the directory does not return fails", async () => {
    const finding = checkUser(await seen({ others: { account: async () => unreadable } }));
    expect(finding).toMatchObject({ status: "fail", error: { code: "identity-unreadable" } });
  });

  test("named by --user is looked up without sessions", async () => {
    const named = await seen({ sessions: unreadable }, {}, "alice");
    expect(checkSessions(named)).toMatchObject({ status: "skip" });
    expect(checkUser(named)).toMatchObject({ status: "ok" });
  });

  test("named by --user, but unknown, fails", async () => {
    const unknown = await seen({}, {}, "bob");
    expect(checkUser(unknown)).toMatchObject({ status: "fail", error: { code: "no-user" } });
  });
});

describe("groups", () => {
  test("that can't be read fail", async () => {
    const error = new AgentError("identity-unreadable", "no domain controller");
    const finding = checkGroups(await seen({ groups: failed("fake", error) }));
    expect(finding).toMatchObject({ status: "fail", error });
  });

  test("of which none is sent show why", async () => {
    const finding = checkGroups(await seen({ groups: [] }));
    expect(finding).toMatchObject({ status: "ok", detail: expect.stringMatching(/^none of 0 groups is sent: /) });
  });
});

test("a UPN that can't be looked up, and a name that can't be sent, are faults of the user", async () => {
  const principalName = async () => unreadable;
  const upn = await seen({ others: { principalName } }, { usernameFormat: "upn" });
  expect(checkUser(upn)).toMatchObject({ status: "fail", error: { code: "identity-unreadable" } });
  const long = await seen({ accounts: [account("x".repeat(300), { userKey: "1000" })] });
  expect(checkUser(long)).toMatchObject({ status: "fail", error: { code: "request-refused" } });
});

test("groups that can't be looked up are a fault only where one may be sent", async () => {
  expect(checkGroups(await seen({ groups: unreadable }))).toMatchObject({ status: "fail" });
  const never = await seen({ groups: unreadable }, { groupFallback: "none" });
  expect(checkGroups(never)).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("None is sent"),
  });
});

test("identifiers with which earlier runs found no device are a warning that names the console", async () => {
  const all = await seen({});
  const values = all.survey.device.candidates.map(({ value }) => value);
  expect(checkIdentifier(all, values)).toMatchObject({
    status: "warn",
    detail: expect.stringContaining(values.join(", ")),
    advice: expect.stringContaining("console"),
  });
  expect(checkIdentifier(all, values.slice(1))).toMatchObject({ status: "ok" });
});

test("a user other than the linked one is a warning; the name's case does not matter", async () => {
  const all = await seen({});
  expect(checkUser(all, "ALICE")).toMatchObject({ status: "ok" });
  expect(checkUser(all, "bob")).toMatchObject({
    status: "warn",
    detail: "This device is linked to bob; now it would be linked to alice (logged on at the screen)",
    advice: "linkuser-agent --dry-run",
  });
});
