import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseMac } from "../../../../agent/identity/mac.ts";
import { readAdapters } from "../../../../agent/platform/linux/hardware/adapters.ts";
import { captured, makeRoot, type Tree } from "../tree.ts";

const noPermanentMacs = () => new Map();

function adaptersOf(tree: Tree, permanentMacs: Parameters<typeof readAdapters>[1] = noPermanentMacs) {
  const reading = readAdapters(makeRoot(tree), permanentMacs);
  if (reading.kind !== "found") throw new Error(`adapters are ${reading.kind}`);
  return Object.fromEntries(reading.value.map((adapter) => [adapter.name, adapter]));
}

const ethernet = (name: string, files: Tree = {}): Tree =>
  Object.fromEntries(
    Object.entries({
      address: "00:1b:21:aa:bb:cc\n",
      type: "1\n",
      addr_assign_type: "0\n",
      operstate: "up\n",
      ifindex: "2\n",
      iflink: "2\n",
      uevent: `INTERFACE=${name}\nIFINDEX=2\n`,
      ...files,
    }).map(([file, content]) => [`sys/class/net/${name}/${file}`, content]),
  );

const routes = (...lines: string[]): string =>
  ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", ...lines].join("\n");

test("a virtual machine's adapter is physical and carries the default route", () => {
  const adapters = adaptersOf(captured("virtual-machine"));
  expect(adapters["eth0"]).toMatchObject({
    mac: "02:fc:00:00:00:01",
    kind: "physical",
    addressAssigned: "permanent",
    up: true,
    defaultRoute: 0,
  });
  expect(adapters["ifb0"]).toMatchObject({ kind: "virtual", kindReason: "no device behind it", up: false });
  expect(adapters["lo"]).toMatchObject({ kind: "loopback" });
});

test("a container host's adapters are virtual, each with its reason", () => {
  const adapters = adaptersOf(captured("container-host"));
  const reasons = Object.fromEntries(Object.values(adapters).map(({ name, kindReason }) => [name, kindReason]));
  expect(reasons).toEqual({
    "br-0123456789ab": "a bridge of Docker",
    docker0: "a bridge of Docker",
    eth9: "one end of a virtual pair (veth), as containers use",
    ifb0: "no device behind it",
    lo: "loopback",
    tap0: "a TUN or TAP adapter of a VPN or a virtual machine",
    tun0: "a TUN or TAP adapter of a VPN or a virtual machine",
    veth1a2b3c4: "one end of a virtual pair (veth), as containers use",
  });
});

/**
 * An adapter's files with its device as sysfs has it: `device` of a USB adapter is an interface of the device above.
 */
function plugged(bus: string, removable: string): Readonly<Record<string, boolean | undefined>> {
  const above = bus === "usb" ? "sys/devices/dock" : "sys/devices/dock/card";
  const root = makeRoot({
    ...ethernet("eth0"),
    "sys/devices/dock/card/": "",
    [`${above}/removable`]: `${removable}\n`,
    [`sys/bus/${bus}/`]: "",
  });
  symlinkSync(join(root, "sys/devices/dock/card"), join(root, "sys/class/net/eth0/device"));
  symlinkSync(join(root, "sys/bus", bus), join(root, "sys/devices/dock/card/subsystem"));
  const reading = readAdapters(root, noPermanentMacs);
  if (reading.kind !== "found") throw new Error(`adapters are ${reading.kind}`);
  return Object.fromEntries(reading.value.map(({ name, detachable }) => [name, detachable]));
}

test.each([
  ["usb", "removable", true],
  ["usb", "unknown", true],
  ["usb", "fixed", false],
  ["pci", "removable", true],
  ["pci", "fixed", false],
  ["virtio", "", false],
])("an adapter on %s that sysfs calls %j can be unplugged: %s", (bus, removable, detachable) => {
  expect(plugged(bus, removable)).toEqual({ eth0: detachable });
});

// Bond, VLAN and WireGuard: files as Documentation/ABI/testing/sysfs-class-net describes them, not captured.
test("a default route over a VLAN on a bond leads through the bond's physical adapters", () => {
  const adapters = adaptersOf({
    ...ethernet("eno1", { "device/": "" }),
    ...ethernet("eno2", { "device/": "", address: "00:1b:21:aa:bb:cd\n" }),
    ...ethernet("bond0", { uevent: "DEVTYPE=bond\nINTERFACE=bond0\n", "lower_eno1/": "", addr_assign_type: "2\n" }),
    ...ethernet("bond0.7", { uevent: "DEVTYPE=vlan\n", "lower_bond0/": "", iflink: "4\n" }),
    ...ethernet("wg0", { type: "65534\n", address: "\n", uevent: "DEVTYPE=wireguard\n", iflink: "0\n" }),
    "sys/class/net/bonding_masters": "bond0\n",
    "proc/net/route": routes(
      "wg0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0",
      "bond0.7\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
      "eno2\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    ),
  });
  expect(adapters["eno1"]?.defaultRoute).toBe(1);
  expect(adapters["eno2"]?.defaultRoute).toBeUndefined();
  expect(adapters["bond0"]).toMatchObject({ kindReason: "a bond of several adapters", addressAssigned: "unknown" });
  expect(adapters["bond0.7"]).toMatchObject({ kind: "virtual", kindReason: "a VLAN on another adapter" });
  expect(adapters["wg0"]).toMatchObject({ kindReason: "a WireGuard tunnel", mac: undefined, defaultRoute: 0 });
  expect(adapters["bonding_masters"]).toBeUndefined();
});

test("only physical adapters are asked for the address burnt in", () => {
  const asked: string[] = [];
  const burntIn = parseMac("00:1b:21:00:00:01");
  if (burntIn === undefined) throw new TypeError("not a MAC address");
  const adapters = adaptersOf(
    { ...ethernet("eth0", { "device/": "", addr_assign_type: "3\n" }), ...ethernet("dummy0") },
    (names) => {
      asked.push(...names);
      return new Map([["eth0", burntIn]]);
    },
  );
  expect(asked).toEqual(["eth0"]);
  expect(adapters["eth0"]).toMatchObject({ permanentMac: burntIn, addressAssigned: "set" });
});

test("InfiniBand has a device and no MAC address", () => {
  const adapters = adaptersOf(ethernet("ib0", { type: "32\n", address: `${"80:".repeat(19)}00\n`, "device/": "" }));
  expect(adapters["ib0"]).toMatchObject({ kind: "other", mac: undefined });
});

test("without sysfs there are none, which is not a failure", () => {
  expect(readAdapters(makeRoot(), noPermanentMacs)).toMatchObject({ kind: "absent" });
});

test("an adapters' folder that can't be listed is a failure", () => {
  expect(readAdapters(makeRoot({ "sys/class/net": "a file" }), noPermanentMacs)).toMatchObject({
    kind: "failed",
    error: { code: "identity-unreadable" },
  });
});
