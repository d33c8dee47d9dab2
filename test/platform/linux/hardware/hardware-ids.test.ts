import { expect, test } from "vitest";
import { type DeviceId, deviceIdReading, parseHexId } from "../../../../agent/identity/device-id.ts";
import { readHardwareIds } from "../../../../agent/platform/linux/hardware/hardware-ids.ts";
import type { Reading } from "../../../../agent/reading.ts";
import { makeRoot, type Tree } from "../tree.ts";

const uuid = "4C4C4544-0043-3510-8052-B4C04F4E3132\n";
const machineId = "3d1219c7c4c5404aaa1f6d2a48adfda4\n";

const notNeeded = async () => {
  throw new Error("the second source was loaded");
};

const kinds = (readings: readonly Reading<DeviceId>[]) =>
  readings.map((reading) => (reading.kind === "found" ? reading.value : reading.kind));

const read = (tree: Tree, credentials?: Tree) =>
  readHardwareIds(makeRoot(tree), credentials === undefined ? undefined : makeRoot(credentials), notNeeded);

test("the SMBIOS UUID comes before the machine ID", async () => {
  const tree = { "sys/class/dmi/id/product_uuid": uuid, "etc/machine-id": machineId };
  expect(kinds(await read(tree))).toEqual(["4c4c4544-0043-3510-8052-b4c04f4e3132", machineId.trim()]);
});

test("a service without privileges reads the copy in its credentials", async () => {
  const readings = await read({ "etc/machine-id": machineId }, { product_uuid: uuid });
  expect(kinds(readings)[0]).toBe("4c4c4544-0043-3510-8052-b4c04f4e3132");
  expect(readings[0]?.origin).toContain("credential");
});

test.each([
  ["FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", /placeholder/],
  ["03000200-0400-0500-0006-000700080009", /placeholder/],
  ["Not Settable", /no identifier/],
  ["", /no identifier/],
])("the UUID %j is absent with the reason", async (text, reason) => {
  const [smbios] = await read({ "sys/class/dmi/id/product_uuid": text, "etc/machine-id": machineId });
  expect(smbios).toMatchObject({ kind: "absent", reason: expect.stringMatching(reason) });
});

test("a UUID that can't be read for another reason than permission is a failure", async () => {
  const readings = await read({ "sys/class/dmi/id/product_uuid/": "", "etc/machine-id": machineId });
  expect(readings[0]).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
});

test("only where all is absent the second source is loaded and asked", async () => {
  const load = async () => async () => [deviceIdReading(parseHexId(machineId), "second source")];
  const readings = await readHardwareIds(makeRoot({ "etc/machine-id": "uninitialized\n" }), undefined, load);
  expect(kinds(readings)).toEqual(["absent", "absent", machineId.trim()]);
});
