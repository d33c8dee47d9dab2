import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { type Endpoint, type RunOptions, setUpEndpoint } from "../support/agent.ts";

const executable = process.env["LINKUSER_EXECUTABLE"];

const defects: readonly (readonly [string, (endpoint: Endpoint, secret: string) => RunOptions])[] =
  executable === undefined
    ? [
        ["a defect", (endpoint, secret) => preload(endpoint, secret, "throw defect;")],
        [
          "a defect where nobody waits",
          (endpoint, secret) => preload(endpoint, secret, "setImmediate(() => { throw defect; }); return 0n;"),
        ],
        [
          "a promise that nobody waits for",
          (endpoint, secret) => preload(endpoint, secret, "Promise.reject(defect); return 0n;"),
        ],
      ]
    : [["a defect", (endpoint) => copyOf(executable, endpoint, plantDefect)]];

test.each(defects)("70 internal: %s is reported as one, without the text that it came with", async (_, plant) => {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears);
  const planted = plant(endpoint, gears.clientSecret);
  const { exitCode, document, stderr } = await endpoint.link([], planted);
  expect([exitCode, document.outcome, document.error?.code]).toEqual([70, "internal", "internal"]);
  expect(stderr).toContain("TypeError");
  expect(gears.callsOf("link_user")).toEqual([]);
});

/** For the sources: code that runs before the program's own. @param body of the function that reads the time, with a `defect` */
function preload(endpoint: Endpoint, secret: string, body: string): RunOptions {
  const defect = join(endpoint.directory, "defect.mjs");
  const message = JSON.stringify(`planted beside ${secret}`);
  writeFileSync(defect, `process.hrtime.bigint = () => { const defect = new TypeError(${message}); ${body} };`);
  return { environment: { ...endpoint.environment, NODE_OPTIONS: `--import=${defect}` } };
}

/** The executable takes no code from outside, so a copy of it is changed. All lengths are unchanged, so it runs. */
function copyOf(program: string, endpoint: Endpoint, change: (image: Buffer) => void): RunOptions {
  const image = readFileSync(program);
  change(image);
  const copy = join(endpoint.directory, "changed");
  writeFileSync(copy, image, { mode: 0o700 });
  return { program: [copy] };
}

/** The program's text calls what does not exist. */
function plantDefect(image: Buffer): void {
  const place = image.indexOf("monotonic:()=>Number(process.hrtime.bigint())");
  expect(place).toBeGreaterThan(0);
  image.write("monotonic:()=>Number(process.hrtime.bignop())", place);
}
