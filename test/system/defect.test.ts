import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../fakes/gears.ts";
import { type Endpoint, type RunOptions, setUpEndpoint } from "./agent.ts";

test("70 internal: a defect is told as one, without the text that it came with", async () => {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears);
  const executable = process.env["LINKUSER_EXECUTABLE"];
  const planted = executable === undefined ? preload(endpoint, gears.clientSecret) : damagedCopy(endpoint, executable);

  const { exitCode, document, stderr } = await endpoint.link([], planted);
  expect([exitCode, document.outcome, document.error?.code]).toEqual([70, "internal", "internal"]);
  expect(stderr).toContain("TypeError");
  expect(gears.callsOf("link_user")).toEqual([]);
});

/** For the sources: code that runs before the program's own. */
function preload(endpoint: Endpoint, secret: string): RunOptions {
  const defect = join(endpoint.directory, "defect.mjs");
  const message = JSON.stringify(`planted beside ${secret}`);
  writeFileSync(defect, `globalThis.performance.now = () => { throw new TypeError(${message}); };`);
  return { environment: { ...endpoint.environment, NODE_OPTIONS: `--import=${defect}` } };
}

/** The executable takes no code from outside: a copy of it calls what does not exist. Its length stays, so it runs. */
function damagedCopy(endpoint: Endpoint, executable: string): RunOptions {
  const image = readFileSync(executable);
  const place = image.indexOf("monotonic:()=>performance.now()");
  expect(place).toBeGreaterThan(0);
  image.write("monotonic:()=>performance.nop()", place);
  const copy = join(endpoint.directory, "defect");
  writeFileSync(copy, image, { mode: 0o700 });
  return { program: [copy] };
}
