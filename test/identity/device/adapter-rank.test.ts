import fc from "fast-check";
import { expect, test } from "vitest";
import { namedAdapter, rankAdapters } from "../../../agent/identity/device/adapter-rank.ts";
import type { Adapter } from "../../../agent/platform/port.ts";
import { adapter, mac } from "../../fakes/accounts.ts";

const wired = adapter();
const wifi = adapter({ name: "wlan0", mac: mac("d8:3b:bf:01:02:03"), defaultRoute: 1 });
const idle = adapter({ name: "eth1", mac: mac("00:1b:21:aa:bb:cc"), up: false, defaultRoute: undefined });
const bridge = adapter({ name: "docker0", mac: mac("02:42:ac:11:00:02"), kind: "virtual", kindReason: "a bridge" });
const loopback = adapter({ name: "lo", mac: mac("00:00:00:00:00:00"), kind: "loopback", kindReason: "loopback" });

const order = (adapters: readonly Adapter[]): string[] => rankAdapters(adapters).candidates.map(({ detail }) => detail);

test("the default route's adapter comes first, then other routes, then idle ones", () => {
  expect(order([idle, wifi, wired])).toEqual(["eth0", "wlan0", "eth1"]);
});

test("virtual and loopback adapters are skipped with the reason", () => {
  expect(rankAdapters([bridge, loopback, wired])).toMatchObject({
    candidates: [{ value: wired.mac }],
    passedOver: [
      { detail: "docker0", reason: "a bridge" },
      { detail: "lo", reason: "loopback" },
    ],
  });
});

test("an address that software made up comes after every maker's", () => {
  const madeUp = adapter({ name: "eth9", mac: mac("02:fc:00:00:00:01") });
  expect(order([madeUp, idle])).toEqual(["eth1", "eth9"]);
});

test("a randomised Wi-Fi address comes after the one that is burnt in", () => {
  const burntIn = mac("d8:3b:bf:01:02:03");
  const random = mac("da:11:22:33:44:55");
  const { candidates } = rankAdapters([adapter({ mac: random, permanentMac: burntIn, addressAssigned: "random" })]);
  expect(candidates.map(({ value }) => value)).toEqual([burntIn, random]);
  expect(candidates[1]?.reason).toContain("at random");
});

const dock = adapter({ name: "eth2", mac: mac("00:e0:4c:68:00:01"), detachable: true });

test("a dock comes after built-in adapters, even with the default route", () => {
  const builtIn = adapter({ name: "wlan0", mac: mac("d8:3b:bf:01:02:03"), up: false, defaultRoute: undefined });
  const { candidates } = rankAdapters([dock, builtIn]);
  expect(candidates.map(({ detail }) => detail)).toEqual(["wlan0", "eth2"]);
  expect(candidates[1]?.reason).toBe("USB adapter or dock, carries the default route");
});

test("the address that a machine gives to its dock is its own, the dock's own comes last", () => {
  const passedThrough = mac("8c:04:ba:01:02:03");
  const { candidates } = rankAdapters([
    adapter({ name: "wlan0", mac: mac("d8:3b:bf:01:02:03"), defaultRoute: 1 }),
    { ...dock, mac: passedThrough, permanentMac: mac("00:e0:4c:68:00:01"), addressAssigned: "set" },
  ]);
  expect(candidates.map(({ value }) => value)).toEqual([passedThrough, "d8:3b:bf:01:02:03", "00:e0:4c:68:00:01"]);
  expect(candidates[0]?.reason).toContain("passed through by this machine");
});

test("an address that the driver of a dock keeps as its permanent one is the machine's own, too", () => {
  const passedThrough = mac("8c:04:ba:01:02:03");
  const wireless = adapter({ name: "wlan0", mac: mac("d8:3b:bf:01:02:03"), up: false, defaultRoute: undefined });
  const { candidates } = rankAdapters([
    wireless,
    { ...dock, mac: passedThrough, permanentMac: passedThrough, addressAssigned: "passed-through" },
  ]);
  expect(candidates.map(({ value }) => value)).toEqual([passedThrough, "d8:3b:bf:01:02:03"]);
  expect(candidates[0]?.reason).toContain("passed through by this machine");
});

test.each([
  ["88:88:88:88:87:88", /Intel/],
  ["0c:5b:8f:27:9a:64", /Huawei/],
  ["fe:ff:ff:ff:ff:ff", /Xen/],
  ["00:50:56:c0:00:08", /VMware/],
  ["00:00:5e:00:01:2a", /VRRP/],
  ["00:e0:4c:53:44:58", /USB adapters/],
  ["44:44:44:44:44:44", /repeats/],
  ["00:01:02:03:04:05", /a counting sequence/],
  ["00:11:22:33:44:55", /a counting sequence/],
  ["a0:b0:c0:d0:e0:f0", /counting/],
  ["12:34:56:78:90:ab", /a counting sequence/],
  ["00:12:34:56:78:90", /a counting sequence/],
  ["00:a0:c6:00:00:00", /filler/],
  ["00:1b:21:ff:ff:ff", /filler/],
  ["00:00:00:00:00:01", /filler/],
  ["52:54:00:12:34:56", /QEMU/],
  ["00:90:4c:c5:12:38", /Broadcom/],
])("the address %s, which many devices have, is skipped with the reason", (shared, reason) => {
  const { candidates, passedOver } = rankAdapters([adapter({ name: "eth0", mac: mac(shared) }), idle]);
  expect(candidates).toMatchObject([{ detail: "eth1" }]);
  expect(passedOver).toMatchObject([{ detail: "eth0", value: shared, reason: expect.stringMatching(reason) }]);
});

test("if the current address is shared, the burnt-in one is tried", () => {
  const { candidates } = rankAdapters([
    adapter({ mac: mac("88:88:88:88:87:88"), permanentMac: mac("00:1b:21:aa:bb:cc"), addressAssigned: "set" }),
  ]);
  expect(candidates).toMatchObject([{ value: "00:1b:21:aa:bb:cc" }]);
});

test("a dock without other adapters is still a candidate", () => {
  expect(rankAdapters([dock]).candidates).toMatchObject([{ value: dock.mac }]);
});

test("an adapter that the administrator names is used, of any kind", () => {
  expect(namedAdapter([wired, bridge], "Docker0").candidates).toMatchObject([{ value: bridge.mac }]);
  expect(namedAdapter([wired, bridge], "02-42-AC-11-00-02").candidates).toMatchObject([{ detail: "docker0" }]);
  expect(namedAdapter([wired], "eth7").candidates).toEqual([]);
});

test("every adapter is either a candidate or skipped, and no address comes twice", () => {
  const octet = fc.constantFrom("00", "02", "0c", "ff");
  const address = fc.tuple(octet, octet).map(([first, last]) => mac(`${first}:0c:29:f2:7a:${last}`));
  const any = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    mac: fc.option(address, { nil: undefined }),
    permanentMac: fc.option(address, { nil: undefined }),
    kind: fc.constantFrom("physical" as const, "virtual" as const, "loopback" as const, "other" as const),
    kindReason: fc.constant("because"),
    addressAssigned: fc.constantFrom<Adapter["addressAssigned"]>(
      "permanent",
      "random",
      "set",
      "passed-through",
      "unknown",
    ),
    up: fc.boolean(),
    detachable: fc.boolean(),
    defaultRoute: fc.option(fc.nat(3), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), (adapters) => {
      const { candidates, passedOver } = rankAdapters(adapters);
      expect(new Set(candidates.map(({ value }) => value)).size).toBe(candidates.length);
      const reported = new Set([...candidates, ...passedOver].map(({ detail }) => detail));
      expect(reported).toEqual(new Set(adapters.map(({ name }) => name)));
    }),
  );
});
