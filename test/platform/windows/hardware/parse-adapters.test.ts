import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMac } from "../../../../agent/identity/mac.ts";
import { adapterInstance } from "../../../../agent/platform/windows/hardware/adapter-instance.ts";
import {
  type AddressRow,
  type InterfaceRow,
  parseAddressRows,
  parseInterfaceRows,
  toAdapters,
} from "../../../../agent/platform/windows/hardware/parse-adapters.ts";
import type { ReadKey } from "../../../../agent/platform/windows/read-registry.ts";

const untold = (): undefined => undefined;
const captured = JSON.parse(readFileSync(new URL("../captured-wine-10.json", import.meta.url), "utf8"));
const interfaces = Buffer.from(captured.interfaces, "base64");
const addresses = { bytes: Buffer.from(captured.adapters.bytes, "base64"), base: BigInt(captured.adapters.base) };

describe("captured tables (Wine 10)", () => {
  test("are a card with its address and the loopback", () => {
    expect(parseInterfaceRows(interfaces)).toMatchObject([
      { alias: "lo", type: 24, mac: undefined },
      {
        alias: "eth0",
        type: 6,
        mac: "00:0c:29:f2:7a:29",
        permanentMac: "00:0c:29:f2:7a:29",
        flags: 5,
        operational: true,
      },
    ]);
  });

  test("have the GUID by which the registry knows the card", () => {
    expect(parseInterfaceRows(interfaces)[1]?.guid).toMatch(/^\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/);
  });

  test("join to adapters, the best route first", () => {
    const rows = parseAddressRows(addresses) ?? [];
    const card = rows.find(({ name }) => name === "eth0");
    expect(card?.hasGateway).toBe(true);
    expect(toAdapters(parseInterfaceRows(interfaces), rows, card?.index, untold)).toMatchObject([
      { name: "lo", kind: "loopback", defaultRoute: undefined },
      { name: "eth0", kind: "physical", addressAssigned: "permanent", up: true, defaultRoute: 0 },
    ]);
  });
});

const plain: InterfaceRow = {
  guid: "{1EC10EEC-8B5F-4D8E-A5F6-0C1B6D9D2E11}",
  luid: 1n,
  index: 5,
  alias: "Ethernet",
  description: "Intel(R) Ethernet Connection I219-LM",
  mac: parseMac("00:0c:29:f2:7a:29"),
  permanentMac: parseMac("00:0c:29:f2:7a:29"),
  type: 6,
  physicalMedium: 14,
  flags: 5,
  operational: true,
};

const one = (changed: Partial<InterfaceRow>) => toAdapters([{ ...plain, ...changed }], [], undefined, untold)[0];

describe("kind", () => {
  test.each<[string, Partial<InterfaceRow>, string, string]>([
    ["a wired card", {}, "physical", "Ethernet hardware"],
    ["a Wi-Fi card", { type: 71, physicalMedium: 9 }, "physical", "Wi-Fi hardware"],
    [
      "a virtual machine's own card",
      { description: "Microsoft Hyper-V Network Adapter" },
      "physical",
      "Ethernet hardware",
    ],
    ["a VirtIO card", { description: "Red Hat VirtIO Ethernet Adapter" }, "physical", "Ethernet hardware"],
    ["Bluetooth", { physicalMedium: 10 }, "other", "Bluetooth"],
    ["a mobile modem", { type: 243 }, "other", "mobile modem"],
    ["a tunnel", { type: 131, flags: 0 }, "virtual", "tunnel"],
    ["nothing behind it", { flags: 0 }, "virtual", "virtual adapter"],
    ["no connector", { flags: 1 }, "virtual", "hardware without a connector"],
    [
      "a Hyper-V switch port",
      { description: "Hyper-V Virtual Ethernet Adapter #2" },
      "virtual",
      "Hyper-V switch port (Hyper-V Virtual Ethernet Adapter #2)",
    ],
    ["TAP", { description: "TAP-Windows Adapter V9" }, "virtual", "VPN adapter (TAP-Windows Adapter V9)"],
    ["WireGuard", { description: "WireGuard Tunnel", type: 53 }, "virtual", "VPN adapter (WireGuard Tunnel)"],
  ])("%s", (_what, changed, kind, kindReason) => {
    expect(one(changed)).toMatchObject({ kind, kindReason });
  });

  test("leaves out the filter drivers, which repeat the card's address", () => {
    expect(toAdapters([plain, { ...plain, luid: 2n, flags: 7 }], [], undefined, untold)).toHaveLength(1);
  });
});

describe("bus", () => {
  const on = (instance: string, changed: Partial<InterfaceRow> = {}) => {
    const readKey: ReadKey = (path) =>
      path.endsWith(`\\${plain.guid}\\Connection`)
        ? { values: [{ name: "PnpInstanceID", type: 1, data: Buffer.from(`${instance}\0`, "utf16le") }], subkeys: [] }
        : undefined;
    return toAdapters([{ ...plain, ...changed }], [], undefined, (guid) => adapterInstance(guid, readKey))[0];
  };

  test.each([
    ["USB\\VID_0BDA&PID_8153\\000001", "physical", true],
    ["PCI\\VEN_8086&DEV_15BE\\3&11583659&0&FE", "physical", false],
    ["VMBUS\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\{guid}", "physical", false],
    ["ROOT\\NET\\0000", "virtual", false],
    ["SWD\\RADIO\\1", "virtual", false],
  ])("%s: %s, detachable %s", (instance, kind, detachable) => {
    expect(on(instance)).toMatchObject({ kind, detachable });
  });

  const wifi = { type: 71, physicalMedium: 9 };
  test.each<[string, string, Partial<InterfaceRow>, string]>([
    ["USB\\VID_05AC&PID_12A8&MI_02\\7&2", "Apple Mobile Device Ethernet", {}, "phone"],
    ["USB\\VID_05AC&PID_12A8&MI_02\\7&2", "Ethernet-Adapter", {}, "phone"],
    ["USB\\VID_04E8&PID_6863&MI_00\\7&1", "Remote NDIS based Internet Sharing Device", {}, "phone or gadget (RNDIS)"],
    ["USB\\VID_0525&PID_A4A2\\1", "USB Ethernet/RNDIS Gadget #2", {}, "phone or gadget (RNDIS)"],
    [
      "USB\\VID_04E8&PID_6863&MI_00\\7&1",
      "SAMSUNG Mobile USB Remote NDIS Network Device",
      {},
      "phone or gadget (RNDIS)",
    ],
    [
      "USB\\VID_1004&PID_61D5\\1",
      "Périphérique de partage Internet basé sur NDIS distant #2",
      {},
      "phone or gadget (RNDIS)",
    ],
    ["USB\\VID_FFFF&PID_0001\\1", "リモート NDIS ベースのインターネット共有デバイス", {}, "phone or gadget (RNDIS)"],
    ["USB\\VID_18D1&PID_4EEC&MI_00\\1", "UsbNcm Host Device", {}, "phone"],
    ["USB\\VID_04E8&PID_685D&MI_00\\1", "UsbNcm Host Device #2", {}, "phone"],
    ["USB\\VID_1199&PID_9091&MI_08\\1", "Sierra Wireless EM7565 Network Adapter", {}, "mobile modem"],
    ["USB\\VID_2C7C&PID_0125&MI_04\\1", "Quectel Wireless Ethernet Adapter", {}, "mobile modem"],
    ["PCI\\VEN_14C3&DEV_4D75\\1", "Intel(R) 5G Solution 5000", {}, "mobile modem"],
    [
      "{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\VWIFIMP_WFD\\5&1",
      "Microsoft Wi-Fi Direct Virtual Adapter #2",
      wifi,
      "created by Windows on a Wi-Fi adapter",
    ],
    [
      "{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\VWIFIMP\\5&1",
      "Microsoft Hosted Network Virtual Adapter",
      wifi,
      "created by Windows on a Wi-Fi adapter",
    ],
    ["{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\VWIFIMP_WFD\\5&1", "Virtueller Adapter", wifi, "created by software"],
    ["PCI\\VEN_8086&DEV_15EB\\1", "Thunderbolt(TM) Networking", {}, "cable to another computer"],
    ["ROOT\\PROT_USB4NET\\1", "USB4(TM) P2P Network Adapter", {}, "cable to another computer"],
    [
      "COMPOSITEBUS\\MS_IMPLAT_MP\\{GUID}",
      "Microsoft Network Adapter Multiplexor Driver #3",
      {},
      "team, bridge or VLAN",
    ],
    ["COMPOSITEBUS\\X\\1", "Netzwerkbrücke", {}, "created by software"],
    ["ROOT\\IANSMINIPORT\\0000", "TEAM : Team #0", {}, "team, bridge or VLAN"],
  ])("%s, %s: none of this machine's", (instance, description, changed, reason) => {
    const { kind, kindReason } = on(instance, { description, ...changed }) ?? {};
    expect([kind === "physical", kindReason]).toEqual([false, `${reason} (${description})`]);
  });

  test.each([
    ["USB\\VID_05AC&PID_1402\\1", "Apple USB Ethernet Adapter"],
    ["USB\\VID_0B95&PID_1790\\1", "ASIX USB to Gigabit Ethernet Family Adapter"],
    ["USB\\VID_1D6A&PID_1114\\1", "Marvell AQtion USB 5G Ethernet Adapter"],
    ["USB\\VID_0BDA&PID_8156\\1", "UsbNcm Host Device"],
    ["PCI\\VEN_1969&DEV_1091\\1", "Qualcomm Atheros AR8161 PCI-E Gigabit Ethernet Controller (NDIS 6.30)"],
    ["PCI\\VEN_10EC&DEV_8168\\1", "Realtek PCIe GbE Family Controller"],
    ["PCI\\VEN_8086&DEV_2725\\1", "Intel(R) Wi-Fi 6E AX210 160MHz"],
  ])("%s, %s is a machine's or a dock's own", (instance, description) => {
    expect(on(instance, { description })?.kind).toBe("physical");
  });

  test("is recognised by the description where the registry does not", () => {
    expect(one({ description: "Realtek USB GbE Family Controller" })?.detachable).toBe(true);
    expect(one({})?.detachable).toBe(false);
    const denied = (): never => {
      throw new Error("failed with Windows error 5");
    };
    expect(adapterInstance(plain.guid, denied)).toBeUndefined();
    expect(on("PCI\\VEN_1\\2", { description: "USB in name only" })?.detachable).toBe(false);
  });
});

describe("address", () => {
  test("distinguishes a random one, one that was set, and one of unknown kind", () => {
    expect(one({ mac: parseMac("02:00:00:00:00:01") })?.addressAssigned).toBe("random");
    expect(one({ mac: parseMac("00:0c:29:00:00:01") })?.addressAssigned).toBe("set");
    expect(one({ permanentMac: undefined })?.addressAssigned).toBe("unknown");
  });
});

describe("default route", () => {
  const address = (luid: bigint, index: number, metric: number, hasGateway = true): AddressRow => ({
    luid,
    index,
    name: `n${index}`,
    hasGateway,
    metric,
  });

  test("ranks the system's choice first, then by metric; without a gateway there is none", () => {
    const rows = [1n, 2n, 3n, 4n].map((luid) => ({ ...plain, luid }));
    const known = [address(1n, 1, 50), address(2n, 2, 25), address(3n, 3, 75), address(4n, 4, 5, false)];
    expect(toAdapters(rows, known, 3, untold).map(({ defaultRoute }) => defaultRoute)).toEqual([2, 1, 0, undefined]);
  });
});

describe("IP_ADAPTER_ADDRESSES", () => {
  /** A row as iptypes.h lays it out; ZoneIndices[0], right after Ipv6IfIndex, holds the IPv6 zone. */
  function row(fields: { ipv4Index?: number; ipv6Index?: number; ipv4Metric?: number; ipv6Metric?: number }): Buffer {
    const bytes = Buffer.alloc(448);
    bytes.writeUInt32LE(fields.ipv4Index ?? 0, 4);
    bytes.writeUInt32LE(fields.ipv6Index ?? 0, 108);
    bytes.writeUInt32LE(99, 112);
    bytes.writeUInt32LE(fields.ipv4Metric ?? 0, 216);
    bytes.writeUInt32LE(fields.ipv6Metric ?? 0, 220);
    return bytes;
  }

  test.each([
    ["IPv4 alone", { ipv4Index: 7, ipv4Metric: 25 }, { index: 7, metric: 25 }],
    ["IPv6 alone", { ipv6Index: 8, ipv6Metric: 35 }, { index: 8, metric: 35 }],
    ["both", { ipv4Index: 9, ipv6Index: 9, ipv4Metric: 50, ipv6Metric: 20 }, { index: 9, metric: 20 }],
    ["neither", {}, { index: 0, metric: 0xffff_ffff }],
  ])("the index and the metric of an adapter with %s", (_what, fields, expected) => {
    expect(parseAddressRows({ bytes: row(fields), base: 0x1000n })).toMatchObject([expected]);
  });
});

test("reads any bytes without an error and without a loop", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.bigInt({ min: 0n, max: 64n }), (bytes, base) => {
      parseAddressRows({ bytes: Buffer.from(bytes), base });
      expect(parseInterfaceRows(Buffer.from(bytes))).toEqual([]);
    }),
  );
});

test("refuses a list that leads outside or back", () => {
  const outside = Buffer.alloc(448);
  outside.writeBigUInt64LE(9999n, 8);
  expect(parseAddressRows({ bytes: outside, base: 100n })).toBeUndefined();
  const back = Buffer.alloc(448);
  back.writeBigUInt64LE(100n, 8);
  expect(parseAddressRows({ bytes: back, base: 100n })).toBeUndefined();
});
