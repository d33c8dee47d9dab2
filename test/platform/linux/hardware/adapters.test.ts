import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
  expect(adapters["ifb0"]).toMatchObject({ kind: "virtual", kindReason: "virtual adapter", up: false });
  expect(adapters["lo"]).toMatchObject({ kind: "loopback" });
});

test("a container host's adapters are virtual, each with its reason", () => {
  const adapters = adaptersOf(captured("container-host"));
  const reasons = Object.fromEntries(Object.values(adapters).map(({ name, kindReason }) => [name, kindReason]));
  expect(reasons).toEqual({
    "br-0123456789ab": "a bridge of Docker",
    docker0: "a bridge of Docker",
    eth9: "one end of a virtual pair (veth), as containers use",
    ifb0: "virtual adapter",
    lo: "loopback",
    tap0: "a TUN or TAP adapter of a VPN or a virtual machine",
    tun0: "a TUN or TAP adapter of a VPN or a virtual machine",
    veth1a2b3c4: "one end of a virtual pair (veth), as containers use",
  });
});

/**
 * An adapter on a device with others above it, as sysfs has it.
 * @param removable by folder below sys/devices, from the machine outwards; the last one is the adapter's device
 */
function plugged(removable: Readonly<Record<string, string | undefined>>, files: Tree = {}, driver = "r8152") {
  const devices = Object.keys(removable);
  const device = `sys/devices/${devices.join("/")}`;
  const tree: Record<string, string> = {
    ...ethernet("eth0", files),
    [`${device}/`]: "",
    [`sys/drivers/${driver}/`]: "",
  };
  devices.forEach((name, at) => {
    const state = removable[name];
    if (state === undefined) return;
    tree[`sys/devices/${devices.slice(0, at + 1).join("/")}/removable`] = `${state}\n`;
  });
  const root = makeRoot(tree);
  symlinkSync(join(root, device), join(root, "sys/class/net/eth0/device"));
  symlinkSync(join(root, "sys/drivers", driver), join(root, device, "driver"));
  return root;
}

function onlyAdapter(root: string, permanentMacs: Parameters<typeof readAdapters>[1] = noPermanentMacs) {
  const reading = readAdapters(root, permanentMacs);
  if (reading.kind !== "found") throw new Error(`adapters are ${reading.kind}`);
  return reading.value[0];
}

// `device` of a USB adapter is an interface (1-1:1.0) of the device above it.
test.each([
  ["a USB adapter", { pci: undefined, usb1: "unknown", "1-1": "removable", "1-1:1.0": undefined }, true],
  ["one whose place the platform does not know", { usb1: "unknown", "1-1": "unknown", "1-1:1.0": undefined }, false],
  ["one that is soldered in", { usb1: "unknown", "1-1": "fixed", "1-1:1.0": undefined }, false],
  [
    "a chip fixed to a dock's hub",
    { usb1: "unknown", "1-1": "removable", "1-1.4": "fixed", "1-1.4:1.0": undefined },
    true,
  ],
  [
    "a card in a Thunderbolt dock",
    { "0000:00:07.0": "fixed", "0000:20:00.0": "removable", "0000:21:00.0": undefined },
    true,
  ],
  ["a card inside", { "0000:00:1f.6": "fixed" }, false],
  ["a virtual machine's", { virtio0: undefined }, false],
])("%s can be unplugged if anything between it and the machine can", (_, removable, detachable) => {
  expect(onlyAdapter(plugged(removable))).toMatchObject({ detachable });
});

const behindHub = { usb1: "unknown", "1-1": "removable", "1-1.4": "fixed", "1-1.4:1.0": undefined };
const auxmac = "sys/devices/platform/thinkpad_acpi/auxmac";

test.each<[string, Tree, Tree, string, string]>([
  ["the kernel says so", { addr_assign_type: "2\n" }, {}, "r8152", "passed-through"],
  ["it is the ThinkPad's", {}, { [auxmac]: "00:1b:21:aa:bb:cc\n" }, "r8152", "passed-through"],
  ["the ThinkPad has another", {}, { [auxmac]: "00:1b:21:00:00:00\n" }, "r8152", "permanent"],
  ["pass-through is off", {}, { [auxmac]: "unavailable\n" }, "r8152", "permanent"],
  ["it is no dock's driver", { addr_assign_type: "2\n" }, {}, "igb", "unknown"],
])("an address is passed through to a dock: %s", (_, files, machine, driver, assigned) => {
  const root = plugged(behindHub, files, driver);
  for (const [path, content] of Object.entries(machine)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const own = parseMac("00:1b:21:aa:bb:cc");
  if (own === undefined) throw new TypeError("not a MAC address");
  // r8152 keeps it as the adapter's permanent address.
  expect(onlyAdapter(root, () => new Map([["eth0", own]]))).toMatchObject({
    addressAssigned: assigned,
    permanentMac: own,
  });
});

test.each([
  ["bluetooth", "bnep", "Bluetooth tethering"],
  ["wwan", "cdc_ether", "a mobile modem"],
  ["gadget", "g_ether", "this device as a USB gadget"],
  ["", "ipheth", "an iPhone's tethering"],
  ["", "rndis_host", "a phone's tethering (RNDIS)"],
  ["", "thunderbolt-net", "networking between machines over Thunderbolt"],
  ["", "qmi_wwan", "a mobile modem"],
])("an adapter with a device is skipped where it calls itself %j or its driver is %s", (type, driver, kindReason) => {
  const uevent = `${type === "" ? "" : `DEVTYPE=${type}\n`}INTERFACE=eth0\n`;
  expect(onlyAdapter(plugged({ usb1: "unknown", "1-1": "removable" }, { uevent }, driver))).toMatchObject({
    kind: "other",
    kindReason,
  });
});

test.each([
  ["18d1", "4eec", "cdc_ncm", "an adapter of a phone"],
  ["12d1", "14dc", "cdc_ether", "an adapter of a mobile modem"],
  ["05ac", "1402", "asix", undefined],
  ["0bda", "8153", "cdc_ncm", undefined],
])("of the USB maker %s:%s with the driver %s", (vendor, product, driver, foreign) => {
  const root = plugged({ usb1: "unknown", "1-1": "removable", "1-1:1.0": undefined }, {}, driver);
  for (const [name, value] of [["idVendor", vendor] as const, ["idProduct", product] as const]) {
    writeFileSync(join(root, "sys/devices/usb1/1-1", name), `${value}\n`);
  }
  expect(onlyAdapter(root)).toMatchObject(
    foreign === undefined ? { kind: "physical" } : { kind: "other", kindReason: foreign },
  );
});

test("Wi-Fi is physical", () => {
  const root = plugged({ "0000:00:14.3": "fixed" }, { uevent: "DEVTYPE=wlan\nINTERFACE=eth0\n" }, "iwlwifi");
  expect(onlyAdapter(root)).toMatchObject({ kind: "physical" });
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
