import fc from "fast-check";
import { expect, test } from "vitest";
import {
  kindOfOther,
  kindOfPort,
  parseHardwarePorts,
} from "../../../../agent/platform/macos/hardware/hardware-ports.ts";
import { printed } from "../fixture.ts";

const kinds = (text: string) =>
  Object.fromEntries(parseHardwarePorts(text).map((port) => [port.device, kindOfPort(port).kind]));

test("the ports of a laptop: adapters that the server may know are physical", () => {
  expect(kinds(printed("networksetup-laptop"))).toEqual({
    en0: "physical",
    en1: "other",
    en3: "physical",
    en7: "physical",
    bridge0: "virtual",
  });
});

test("the ports of a desktop: no phone, no Bluetooth, no VLAN", () => {
  const ports = parseHardwarePorts(printed("networksetup-desktop"));
  expect(ports.filter((port) => kindOfPort(port).kind === "physical")).toEqual([
    { port: "Ethernet", device: "en0", mac: "a8:20:66:00:95:57" },
    { port: "Wi-Fi", device: "en1", mac: "8c:2d:aa:00:03:e9" },
  ]);
  expect(ports.find(({ device }) => device === "fw0")?.mac).toBeUndefined();
  expect(ports.map(({ device }) => device)).not.toContain("vlan0");
});

test.each([
  ["lo0", "loopback"],
  ["utun4", "virtual"],
  ["awdl0", "virtual"],
  ["bridge100", "virtual"],
  ["something9", "virtual"],
])("%s, which is no hardware port, is %s", (device, kind) => {
  expect(kindOfOther(device)).toMatchObject({ kind, kindReason: expect.stringMatching(/./) });
});

test("any output gives only named ports", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "Hardware Port: Wi-Fi",
      "Device: en0",
      "Device: ",
      "Ethernet Address: N/A",
      "VLAN Configurations",
      "",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const { port, device } of parseHardwarePorts(lines.join("\n"))) {
        expect(port).not.toBe("");
        expect(device).not.toBe("");
      }
    }),
  );
});
