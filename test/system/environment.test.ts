import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../fakes/gears.ts";
import { setUpEndpoint } from "./agent.ts";

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
