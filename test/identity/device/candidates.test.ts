import { expect, test } from "vitest";
import { deviceOf, listCandidates } from "../../../agent/identity/device/candidates.ts";
import { type DeviceId, parseHexId } from "../../../agent/identity/device-id.ts";
import { absent, found } from "../../../agent/reading.ts";
import { adapter, mac } from "../../fakes/accounts.ts";
import { unreadable } from "../../fakes/platform.ts";

function id(text: string): DeviceId {
  const parsed = parseHexId(text);
  if (parsed.kind !== "valid") throw new TypeError(text);
  return parsed.id;
}

const vendor = found(id("1dc0aaaa292ce801f5379042d68bb6cb"), "vendor client");
const machineId = found(id("3d1219c7c4c5404aaa1f6d2a48adfda4"), "/etc/machine-id");
const adapters = found([adapter(), adapter({ name: "eth1", mac: mac("00:1b:21:aa:bb:cc"), up: false })], "/sys");
const settings = { identify: ["opswat", "mac", "hwid"] as const, interface: undefined, maxCandidates: 5 };

const values = (...parameters: Parameters<typeof listCandidates>) =>
  listCandidates(...parameters).candidates.map(({ source, value, opt }) => `${source} ${opt} ${value}`);

test("lists the sources in the order of identify", () => {
  const readings = { opswat: [vendor], mac: adapters, hwid: [machineId] };
  expect(values(readings, settings)).toEqual([
    "opswat 1 1dc0aaaa292ce801f5379042d68bb6cb",
    "mac 0 00:0c:29:f2:7a:29",
    "mac 0 00:1b:21:aa:bb:cc",
    "hwid 1 3d1219c7c4c5404aaa1f6d2a48adfda4",
  ]);
  expect(values(readings, { ...settings, identify: ["hwid", "mac"] })[0]).toContain("hwid");
});

test("at most maxCandidates are tried; the others are named", () => {
  const { candidates, passedOver } = listCandidates(
    { mac: adapters, hwid: [machineId] },
    { ...settings, maxCandidates: 1 },
  );
  expect(candidates).toHaveLength(1);
  expect(passedOver.map(({ reason }) => reason)).toEqual(Array(2).fill("more than maxCandidates (1)"));
});

test("only an absent identifier is replaced by the next one of its source", () => {
  const missing = absent("SMBIOS", "not there");
  expect(values({ hwid: [missing, machineId] }, settings)).toHaveLength(1);
  const { candidates, passedOver } = listCandidates({ hwid: [unreadable, machineId] }, settings);
  expect(candidates).toEqual([]);
  expect(passedOver).toMatchObject([{ source: "hwid", failed: true }]);
});

test("the same identifier from two sources is tried once", () => {
  expect(values({ opswat: [machineId], hwid: [machineId] }, settings)).toHaveLength(1);
});

test("a named interface that does not exist leaves the other sources", () => {
  const { candidates } = listCandidates({ mac: adapters, hwid: [machineId] }, { ...settings, interface: "eth7" });
  expect(candidates).toMatchObject([{ source: "hwid" }]);
});

test("an adapter that can be unplugged is marked, also where the setting interface names it", () => {
  const dock = found(
    [adapter({ name: "eth2", detachable: true }), adapter({ name: "eth3", mac: mac("00:1b:21:aa:bb:cc") })],
    "/sys",
  );
  const devices = (wanted: string | undefined) =>
    listCandidates({ mac: dock }, { ...settings, interface: wanted }).candidates.map(deviceOf);
  expect(devices(undefined).map(({ detail, detachable }) => [detail, detachable])).toEqual([
    ["eth3", undefined],
    ["eth2", true],
  ]);
  expect(devices("eth2")).toMatchObject([{ detail: "eth2", detachable: true }]);
});
