import { expect, test, vi } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import type { DeviceId } from "../../agent/identity/device-id.ts";
import { type AskVendorClient, takeSurvey } from "../../agent/identity/survey.ts";
import { absent, failed, found, type Reading } from "../../agent/reading.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";
import { account, group, session } from "../fakes/accounts.ts";
import { fakePlatform, unreadable } from "../fakes/platform.ts";

const { settings } = resolveSettings([]);

const noClient: AskVendorClient = async () => absent("vendor's client", "nothing listens there");
const request = { user: undefined, session: undefined };
type Machine = Parameters<typeof fakePlatform>[0];

const survey = (
  machine: Machine,
  change: Partial<Parameters<typeof takeSurvey>[3]> = {},
  client: AskVendorClient = noClient,
) => {
  const platform = fakePlatform({
    sessions: [session({ userKey: "alice" })],
    accounts: [account("alice")],
    ...machine,
  });
  return takeSurvey(platform, client, request, { ...settings, ...change });
};

test("a group that can't be looked up stops the link, and no group is chosen", async () => {
  const { problems, groups } = await survey({ groups: unreadable });
  expect(problems).toMatchObject([{ code: "identity-unreadable" }]);
  expect(groups).toBeUndefined();
});

test("if no group is ever sent, a failed look-up is only reported", async () => {
  const { problems, warnings, username } = await survey({ groups: unreadable }, { groupFallback: "none" });
  expect(problems).toEqual([]);
  expect(warnings).toEqual(["groups: the directory does not answer"]);
  expect(username).toBe("alice");
  const wanted = await survey({ groups: unreadable }, { groupFallback: "none", groupPrefer: ["Sales"] });
  expect(wanted.problems).toHaveLength(1);
});

test("a source of identifiers that fails is reported, and the next one is used", async () => {
  const silent: AskVendorClient = async () =>
    failed("vendor's client", new AgentError("no-answer", "no answer within 1 s"));
  const { device, problems, warnings } = await survey({}, {}, silent);
  expect(device.candidates).toMatchObject([{ source: "mac" }]);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^opswat: vendor's client could not be read: no answer/)]);
});

test("the sessions, the account, and every identifier: what fails is waited for, not guessed", async () => {
  const failing = { hardwareIds: async () => [unreadable], adapters: async () => unreadable };
  for (const machine of [
    { sessions: unreadable },
    { others: { account: async () => unreadable } },
    { others: failing },
  ]) {
    const { problems } = await survey(machine);
    expect(problems).toMatchObject([{ code: "identity-unreadable" }]);
    expect(problems[0]?.outcome).toBe("unreachable");
  }
});

test("names that can't be sent are refused", async () => {
  const { problems } = await survey({ accounts: [account("alice", { sam: "x".repeat(300) })] });
  expect(problems).toMatchObject([{ code: "request-refused", message: expect.stringContaining("256") }]);
});

test("the group's choice is explained", async () => {
  const groups = [group("Sales EMEA"), group("domain users", { primary: true })];
  const chosen = await survey({ groups }, { groupPrefer: ["sales*"] });
  expect(chosen.groups).toMatchObject({ group: "Sales EMEA", reason: "it matches the pattern sales*" });
  const other = await survey({ groups }, { groupPrefer: ["paris*"] });
  expect(other.groups?.reason).toBe("no pattern of groupPrefer matches, and it is the primary domain group");
});

test("the identifiers of the hardware are reported whole, without the vendor's", async () => {
  const id = "1dc0aaaa292ce801f5379042d68bb6cb" as DeviceId;
  const vendor: AskVendorClient = async () => found(id, "vendor's client");
  const { device } = await survey({}, { maxCandidates: 1 }, vendor);
  expect(device.candidates).toMatchObject([{ source: "opswat" }]);
  expect(device.hardware).toEqual(["00:0c:29:f2:7a:29"]);
});

test("a UPN that the account lacks is looked up only if it is sent", async () => {
  const principalName = vi.fn(async () => found("alice@corp.example.com", "directory"));
  const others = { principalName };
  expect(await survey({ others })).toMatchObject({ username: "alice" });
  expect(principalName).not.toHaveBeenCalled();
  expect(await survey({ others }, { usernameFormat: "upn" })).toMatchObject({
    username: "alice@corp.example.com",
    warnings: [],
  });
  const known = account("alice", { upn: "a@corp.example.com" });
  expect(await survey({ others, accounts: [known] }, { usernameFormat: "upn" })).toMatchObject({ username: known.upn });
  expect(principalName).toHaveBeenCalledTimes(1);
});

test("a failed UPN look-up is waited for; without a UPN the SAM name is sent with a warning", async () => {
  const asked = (answer: Reading<string>) =>
    survey({ others: { principalName: async () => answer } }, { usernameFormat: "upn" });
  expect(await asked(unreadable)).toMatchObject({ username: undefined, problems: [{ code: "identity-unreadable" }] });
  const none = await asked(absent("directory", "none"));
  expect(none).toMatchObject({ username: "alice", problems: [], warnings: [expect.stringContaining("SAM")] });
});

const kept = "1dc0aaaa292ce801f5379042d68bb6cb" as DeviceId;
const refused = failed("vendor's client", new AgentError("identity-unreadable", "a user listens there"));

test("the client's protected value is preferred to its port, which is not asked", async () => {
  const client = vi.fn<AskVendorClient>(async () => found("f00dfeed292ce801f5379042d68bb6cb" as DeviceId, "port"));
  const { device } = await survey({ others: { vendorDeviceId: async () => found(kept, "registry") } }, {}, client);
  expect(device.candidates[0]).toMatchObject({ value: kept, detail: "registry" });
  expect(client).not.toHaveBeenCalled();
});

test("if one place fails, the other is used, and the failure is reported", async () => {
  const byPort = await survey({ others: { vendorDeviceId: async () => unreadable } }, {}, async () =>
    found(kept, "port"),
  );
  expect(byPort.device.candidates[0]).toMatchObject({ value: kept, detail: "port" });
  expect(byPort.warnings).toEqual([expect.stringContaining("the directory does not answer")]);
  const byRegistry = await survey(
    { others: { vendorDeviceId: async () => found(kept, "registry") } },
    {},
    async () => refused,
  );
  expect(byRegistry.device.candidates[0]).toMatchObject({ value: kept, detail: "registry" });
});

test("an unconfirmed device ID comes after what the client says, and before MAC addresses", async () => {
  const uuid = "4c4c4544004235108052b4c04f4e3732" as DeviceId;
  const reportedDeviceId = vi.fn(async () => found(uuid, "SMBIOS UUID"));
  const silent = await survey({ others: { reportedDeviceId } });
  expect(silent.device.candidates.slice(0, 2)).toMatchObject([
    { source: "opswat", opt: 1, value: uuid, reason: expect.stringContaining("not confirmed") },
    { source: "mac" },
  ]);
  const answering = await survey({ others: { reportedDeviceId } }, {}, async () => found(kept, "port"));
  expect(answering.device.candidates.filter(({ source }) => source === "opswat")).toMatchObject([{ value: kept }]);
  expect(reportedDeviceId).toHaveBeenCalledTimes(1);
});

test("the vendor's device ID is read from the place in the setting", async () => {
  const vendorDeviceId = vi.fn(async () => absent("registry", "none"));
  const opswatRegistry = "HKLM\\SOFTWARE\\Vendor\\Id";
  await survey({ others: { vendorDeviceId } }, { opswatRegistry });
  expect(vendorDeviceId).toHaveBeenCalledWith(opswatRegistry);
});

test("a missing adapter that the settings name is reported, even if another identifier is used", async () => {
  const { warnings } = await survey({}, { interface: "eth7" });
  expect(warnings).toEqual([expect.stringMatching(/^interface: there is no adapter eth7; this machine has eth0/)]);
  expect((await survey({}, { interface: "eth0" })).warnings).toEqual([]);
  expect((await survey({}, { interface: "eth7", identify: ["hwid"] })).warnings).toEqual([]);
});
