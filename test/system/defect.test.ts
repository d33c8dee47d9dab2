import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../fakes/gears.ts";
import { setUpEndpoint } from "./agent.ts";

/** The executable takes no code from outside, so a defect can be planted in the sources alone. */
const built = process.env["LINKUSER_EXECUTABLE"] !== undefined;

if (!built) {
  test("70 internal: a defect is told as one, without the text that it came with", async () => {
    await using gears = await startGears();
    using endpoint = setUpEndpoint(gears);
    const defect = join(endpoint.directory, "defect.mjs");
    const message = JSON.stringify(`planted beside ${gears.clientSecret}`);
    writeFileSync(defect, `globalThis.performance.now = () => { throw new TypeError(${message}); };`);
    const environment = { ...endpoint.environment, NODE_OPTIONS: `--import=${defect}` };

    const { exitCode, document, stderr } = await endpoint.link([], { environment });
    expect([exitCode, document.outcome, document.error?.code]).toEqual([70, "internal", "internal"]);
    expect(stderr).toContain("TypeError");
    expect(gears.callsOf("link_user")).toEqual([]);
  });
}
