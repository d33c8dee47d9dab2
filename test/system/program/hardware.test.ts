import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { setUpEndpoint } from "../support/agent.ts";

/** Other machines' hardware: their sysfs is mounted over this machine's, in the program's own mount namespace. */

/** Files by path below the root, and where links lead. */
interface Machine {
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
}

const machineId = "3d1219c7c4c5404aaa1f6d2a48adfda4";

const nic = (name: string, address: string, device: string, files: Readonly<Record<string, string>> = {}): Machine => ({
  files: Object.fromEntries(
    Object.entries({
      address,
      type: "1",
      addr_assign_type: "0",
      operstate: "up",
      ifindex: "2",
      iflink: "2",
      uevent: `INTERFACE=${name}`,
      ...files,
    }).map(([file, content]) => [`sys/class/net/${name}/${file}`, `${content}\n`]),
  ),
  links: { [`sys/class/net/${name}/device`]: `/sys/devices/${device}` },
});

const together = (...machines: readonly Machine[]): Machine => ({
  files: Object.assign({}, ...machines.map(({ files }) => files)),
  links: Object.assign({}, ...machines.map(({ links = {} }) => links)),
});

const firmware = (uuid: string): Machine => ({ files: { "sys/class/dmi/id/product_uuid": `${uuid}\n` } });
const device = (path: string, removable?: string, driver?: string): Machine => ({
  files: { [`sys/devices/${path}/${removable === undefined ? "power" : "removable"}`]: `${removable ?? ""}\n` },
  ...(driver && { links: { [`sys/devices/${path}/driver`]: `/sys/bus/usb/drivers/${driver}` } }),
});

const builtIn = together(nic("wlp0s20f3", "d8:3b:bf:01:02:03", "pci/wifi"), device("pci/wifi", "fixed"));
const dockHub = together(device("usb1/1-1", "removable"), device("usb1/1-1/1-1.4", "fixed"));
const dockChip = "usb1/1-1/1-1.4/1-1.4:1.0";

const mountOver = [
  'for folder in sys run; do [ ! -e "$0/$folder" ] || mount --bind "$0/$folder" "/$folder" || exit 99; done',
  'mount --bind "$0/machine-id" /etc/machine-id || exit 99',
  'exec "$@"',
].join("\n");

/** Identifiers that a dry run on that machine tries, and those that it skips, with reasons. */
async function look({ files, links = {} }: Machine, identify: string) {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears, { identify: [identify], interface: undefined, maxCandidates: 10 });
  const root = join(endpoint.directory, "machine");
  for (const [path, content] of Object.entries({ ...files, "machine-id": `${machineId}\n` })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    mkdirSync(join(root, target), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  const { document } = await endpoint.link(["--dry-run"], {
    within: ["unshare", "-m", "sh", "-c", mountOver, root],
  });
  const tried = document["candidates"] as readonly { value: string; reason: string }[];
  const skipped = document["passedOver"] as readonly { detail: string; reason: string }[];
  return {
    values: tried.map(({ value }) => value),
    reasons: [...tried, ...skipped].map(({ reason }) => reason).join("\n"),
  };
}

// Mounting takes rights that the tests may not have, and a place to mount over.
if (spawnSync("unshare", ["-m", "mount", "--bind", "/etc/machine-id", "/etc/machine-id"]).status === 0) {
  describe("on another machine", () => {
    test.each([
      ["4c4c4544-0042-3510-8052-b4c04f4e3732", "4c4c4544-0042-3510-8052-b4c04f4e3732"],
      ["00000000-0000-0000-0000-00241d9fb9a7", "00000000-0000-0000-0000-00241d9fb9a7"],
      ["44454c4c-0000-1020-8020-80c04f202020", machineId],
      ["78563412-3412-7856-90ab-cddeefaabbcc", machineId],
      ["50fb9712-ffff-ffff-ffff-ffffffffffff", machineId],
    ])("with the firmware's UUID %s the hardware is known as %s", async (uuid, id) => {
      expect(await look(firmware(uuid), "hwid")).toMatchObject({ values: [id] });
    });

    test("that is a container, the host's UUID is not used", async () => {
      const container = together(firmware("4c4c4544-0042-3510-8052-b4c04f4e3732"), {
        files: { "run/systemd/container": "lxc\n" },
      });
      expect(await look(container, "hwid")).toEqual({
        values: [machineId],
        reasons: expect.stringContaining("this is a container (lxc)"),
      });
    });

    test("a dock's address comes last, one that the laptop passes through first", async () => {
      const dock = nic("enx00e04c680001", "00:e0:4c:68:00:01", dockChip);
      expect(await look(together(builtIn, dockHub, dock, device(dockChip, undefined, "r8152")), "mac")).toMatchObject({
        values: ["d8:3b:bf:01:02:03", "00:e0:4c:68:00:01"],
        reasons: expect.stringContaining("USB adapter or dock"),
      });
      const lent = nic("enx8c04ba010203", "8c:04:ba:01:02:03", dockChip, { addr_assign_type: "2" });
      expect(await look(together(builtIn, dockHub, lent, device(dockChip, undefined, "r8152")), "mac")).toMatchObject({
        values: ["8c:04:ba:01:02:03", "d8:3b:bf:01:02:03"],
        reasons: expect.stringContaining("passed through by this machine"),
      });
    });

    test("a phone, Bluetooth and an address that many devices have are skipped with the reason", async () => {
      const { values, reasons } = await look(
        together(
          builtIn,
          nic("bnep0", "5c:f3:70:01:02:03", "pci/bluetooth", { uevent: "DEVTYPE=bluetooth\nINTERFACE=bnep0" }),
          nic("usb0", "02:1a:11:01:02:03", "usb1/1-2", {}),
          device("usb1/1-2", "removable", "rndis_host"),
          nic("eno1", "88:88:88:88:87:88", "pci/ethernet"),
        ),
        "mac",
      );
      expect(values).toEqual(["d8:3b:bf:01:02:03"]);
      expect(reasons).toMatch(/Bluetooth tethering/);
      expect(reasons).toMatch(/a phone's tethering \(RNDIS\)/);
      expect(reasons).toMatch(/Intel adapters that lost their address/);
    });
  });
}
