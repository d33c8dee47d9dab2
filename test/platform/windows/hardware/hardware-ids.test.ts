import { describe, expect, test } from "vitest";
import {
  firmwareUuid,
  machineGuid,
  placeOf,
  registryDeviceId,
} from "../../../../agent/platform/windows/hardware/hardware-ids.ts";
import type { ReadKey } from "../../../../agent/platform/windows/read-registry.ts";

const text = (name: string, data: string) => ({ name, type: 1, data: Buffer.from(`${data}\0`, "utf16le") });
const holding =
  (path: string, view: number, name: string, data: string): ReadKey =>
  (asked, askedView = 64) =>
    asked === path && askedView === view ? { values: [text(name, data)], subkeys: [] } : undefined;
const client = "SOFTWARE\\OPSWAT\\GEARS Client";
const status = "SOFTWARE\\OPSWAT\\GEARS Client\\Status";
const denied = (): never => {
  throw new Error("failed with Windows error 5");
};

describe("the vendor client's device ID", () => {
  const id = "1dc0aaaa292ce801f5379042d68bb6cb";

  test.each(["DeviceID", "Device_Id", "device-id", "Device ID", "HWID", "hwid"])(
    "is found under %s, in either half of the registry, with its case",
    (name) => {
      for (const view of [32, 64]) {
        for (const path of [client, status]) {
          for (const value of [id, id.toUpperCase(), "A1B2C3D4E5F6G7H8"]) {
            expect(registryDeviceId(holding(path, view, name, value))).toMatchObject({ kind: "found", value });
          }
        }
      }
    },
  );

  test("is never the licence key, which looks the same", () => {
    const read = holding("SOFTWARE\\OPSWAT\\GEARS Client\\Config", 32, "RegistrationKey", id);
    expect(registryDeviceId(read)).toMatchObject({ kind: "absent" });
    const named = placeOf("HKLM\\SOFTWARE\\OPSWAT\\GEARS Client\\Config\\Registration_Key");
    expect(registryDeviceId(read, named)).toMatchObject({
      kind: "absent",
      reason: expect.stringContaining("licence key"),
    });
  });

  test("is none if the registry has two", () => {
    const both: ReadKey = (path) =>
      path === status
        ? { values: [text("HWID", id), text("DeviceID", "f00dfeed292ce801f5379042d68bb6cb")], subkeys: [] }
        : undefined;
    expect(registryDeviceId(both)).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
    const same: ReadKey = (path) =>
      path === status ? { values: [text("HWID", id), text("DeviceID", id)], subkeys: [] } : undefined;
    expect(registryDeviceId(same)).toMatchObject({ kind: "found", value: id });
  });

  test("is no word and no placeholder", () => {
    expect(registryDeviceId(holding(status, 32, "HWID", "unknown"))).toMatchObject({ kind: "absent" });
    expect(registryDeviceId(holding(status, 32, "HWID", "0".repeat(32)))).toMatchObject({ kind: "absent" });
  });

  test("is read only from the place in the setting", () => {
    const place = placeOf("HKLM\\SOFTWARE\\Vendor\\Client\\Machine Id");
    const read = holding("SOFTWARE\\Vendor\\Client", 64, "machine id", id);
    expect(registryDeviceId(read, place)).toMatchObject({ kind: "found", value: id });
    expect(registryDeviceId(holding(status, 64, "HWID", id), place)).toMatchObject({ kind: "absent" });
  });

  test("is absent without the client, and failed if it can't be looked for", () => {
    expect(registryDeviceId(() => undefined)).toMatchObject({ kind: "absent", reason: "the client is not installed" });
    expect(registryDeviceId(denied)).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
  });
});

test("MachineGuid is read in lower case", () => {
  const guid = "EB1DCADD-F04E-4D64-8ADC-2105D2C37D73";
  const read = holding("SOFTWARE\\Microsoft\\Cryptography", 64, "MachineGuid", guid);
  expect(machineGuid(read)).toMatchObject({ kind: "found", value: guid.toLowerCase() });
  expect(machineGuid(() => undefined)).toMatchObject({ kind: "absent" });
  expect(machineGuid(denied)).toMatchObject({ kind: "failed" });
});

test("a firmware of an unknown shape is failed, a placeholder absent", () => {
  expect(firmwareUuid(() => Buffer.alloc(3))).toMatchObject({ kind: "failed" });
  const system = Buffer.concat([Buffer.from([1, 24, 1, 0, 0, 0, 0, 0]), Buffer.alloc(16, 0xff), Buffer.alloc(2)]);
  const table = Buffer.concat([Buffer.from([0, 3, 0, 0, system.length, 0, 0, 0]), system]);
  expect(firmwareUuid(() => table)).toMatchObject({ kind: "absent", reason: expect.stringContaining("placeholder") });
});
