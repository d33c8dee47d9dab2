import { expect, test } from "vitest";
import { type DeviceId, deviceIdReading, parseHexId } from "../../../../agent/identity/device-id.ts";
import { readHardwareIds, reportedDeviceId } from "../../../../agent/platform/linux/hardware/hardware-ids.ts";
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
  ["Not Settable", /not an identifier/],
  ["", /not an identifier/],
])("the UUID %j is absent with the reason", async (text, reason) => {
  const [smbios] = await read({ "sys/class/dmi/id/product_uuid": text, "etc/machine-id": machineId });
  expect(smbios).toMatchObject({ kind: "absent", reason: expect.stringMatching(reason) });
});

/** The traces of each container engine. */
const containers: readonly [string, Tree][] = [
  ["systemd-nspawn", { "run/systemd/container": "systemd-nspawn\n" }],
  ["lxc", { "proc/1/environ": "TERM=linux\0container=lxc\0HOME=/\0" }],
  ["podman", { "run/.containerenv": "" }],
  ["docker", { "proc/1/cgroup": "12:pids:/docker/0123456789abcdef\n" }],
  ["kubepods", { "proc/1/cgroup": "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123.scope\n" }],
  [
    "docker",
    {
      "proc/1/cgroup": "0::/\n",
      "proc/self/mountinfo":
        "600 590 8:1 /var/lib/docker/containers/0123/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n",
    },
  ],
];

test.each(containers)("a container (%s) does not take its host's UUID for its own", async (name, marks) => {
  const tree = { "sys/class/dmi/id/product_uuid": uuid, "etc/machine-id": machineId, ...marks };
  const readings = await read(tree, { product_uuid: uuid });
  expect(kinds(readings)).toEqual(["absent", machineId.trim()]);
  expect(readings[0]).toMatchObject({ reason: expect.stringContaining(`this is a container (${name})`) });
});

test("a virtual machine made from a container image is no container", async () => {
  const tree = {
    ".dockerenv": "",
    "proc/1/cgroup": "1:name=systemd:/init.scope\n0::/init.scope\n",
    "proc/self/mountinfo": "36 35 98:0 /docker/data /srv rw,noatime - ext4 /dev/root rw\n",
    "sys/class/dmi/id/product_uuid": uuid,
  };
  expect(kinds(await read(tree))[0]).toBe("4c4c4544-0043-3510-8052-b4c04f4e3132");
});

const withClient = { "usr/bin/opswatclient": "" };

test("the vendor's client for Linux is reported to use the UUID without dashes", () => {
  const tree = { "sys/class/dmi/id/product_uuid": uuid };
  expect(reportedDeviceId(makeRoot({ ...tree, ...withClient }), undefined)).toMatchObject({
    kind: "found",
    value: "4c4c4544004335108052b4c04f4e3132",
  });
  expect(reportedDeviceId(makeRoot(tree), undefined)).toMatchObject({ kind: "absent" });
  expect(reportedDeviceId(makeRoot(withClient), undefined)).toMatchObject({ kind: "absent" });
});

test("a UUID that can't be read for another reason than permission is a failure", async () => {
  const readings = await read({ "sys/class/dmi/id/product_uuid/": "", "etc/machine-id": machineId });
  expect(readings[0]).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
});

test("the second source is loaded only if everything else is absent", async () => {
  const load = async () => async () => [deviceIdReading(parseHexId(machineId), "second source")];
  const readings = await readHardwareIds(makeRoot({ "etc/machine-id": "uninitialized\n" }), undefined, load);
  expect(kinds(readings)).toEqual(["absent", "absent", machineId.trim()]);
});
