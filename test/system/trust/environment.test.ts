import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { setUpEndpoint } from "../support/agent.ts";

/** What a person has in the environment decides nothing in a run with rights; the unit's word is obeyed. */
test("a run with rights goes where the settings say, whatever the person who started it has set", async () => {
  const isRoot = process.geteuid?.() === 0;
  await using gears = await startGears();
  await using elsewhere = await startGears();
  using endpoint = setUpEndpoint(gears);
  endpoint.configure({ logFile: undefined, stateDir: undefined, proxy: undefined });
  const planted = join(endpoint.directory, "planted");
  const environment = {
    ...endpoint.environment,
    STATE_DIRECTORY: planted,
    LOGS_DIRECTORY: planted,
    LINKUSER_BASE_URL: elsewhere.baseUrl,
    LINKUSER_LOG_FILE: join(planted, "log"),
    LINKUSER_STATE_DIR: planted,
  };
  const config = async (more: Readonly<Record<string, string>>) => {
    const { stdout } = await endpoint.run(["config", "--json"], { environment: { ...environment, ...more } });
    const { baseUrl, logFile, stateDir } = JSON.parse(stdout).settings;
    return [baseUrl.value, logFile.value.startsWith(planted), stateDir.value.startsWith(planted)];
  };
  const obeyed = [elsewhere.baseUrl, true, true];
  expect(await config({})).toEqual(obeyed);
  expect(await config({ SUDO_UID: "1000" })).toEqual(isRoot ? [gears.baseUrl, false, false] : obeyed);

  const { document } = await endpoint.link(["--dry-run"], { environment: { ...environment, SUDO_UID: "1000" } });
  expect(JSON.stringify(document["warnings"]).includes("LINKUSER_BASE_URL")).toBe(isRoot);
  expect(elsewhere.calls).toEqual([]);
  expect(existsSync(planted)).toBe(false);
});

/** A machine without SMBIOS and machine ID, where libraries look with the help of other programs. */
const bareHardware = [
  "for file in /etc/machine-id /sys/class/dmi/id/product_uuid; do",
  '  [ ! -e "$file" ] || mount --bind /dev/null "$file" || exit 99',
  'done; exec "$@"',
].join("\n");

// Mounting takes rights that the tests may not have.
if (spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0) {
  test("the programs that the second source of hardware IDs starts are the system's, whatever PATH says", async () => {
    await using gears = await startGears();
    using endpoint = setUpEndpoint(gears, { identify: ["hwid"] });
    const [trap, mark] = [join(endpoint.directory, "bin"), join(endpoint.directory, "mark")];
    mkdirSync(trap);
    for (const name of ["cat", "head", "hostname", "ip", "which"]) {
      writeFileSync(join(trap, name), `#!/bin/sh\n/usr/bin/touch ${mark}\n`, { mode: 0o755 });
    }
    const environment = { ...endpoint.environment, PATH: `${trap}:${process.env["PATH"]}` };
    const within = ["unshare", "-m", "sh", "-c", bareHardware, "sh"];
    const { stdout } = await endpoint.link(["--dry-run"], { environment, within });
    expect(stdout).toContain("(systeminformation)");
    expect(existsSync(mark)).toBe(false);
  });
}
