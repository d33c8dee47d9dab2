import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { setUpEndpoint, start } from "../support/agent.ts";

/**
 * A user who can write to the folder of state and log, such as the service's, puts this in place of a file of root's
 * run.
 */
const traps: Readonly<Record<string, (path: string, victim: string) => void>> = {
  "a pipe": (path) => execFileSync("mkfifo", [path]),
  "a device without an end": (path) => symlinkSync("/dev/zero", path),
  "a link to another file": (path, victim) => symlinkSync(victim, path),
  "another name of another file": (path, victim) => linkSync(victim, path),
};

/** A file of another user, if the tests may change owners. */
const stranger = 61_234;

test.each(Object.entries(traps))(
  "%s in place of state, lock and log stops no run, and no other file changes",
  async (_, set) => {
    await using gears = await startGears();
    for (const name of ["state.json", "lock", "log"]) {
      using endpoint = setUpEndpoint(gears);
      const victim = join(endpoint.directory, "victim");
      writeFileSync(victim, "the other file", { mode: 0o600 });
      const path = name === "log" ? endpoint.logFile : join(endpoint.stateDir, name);
      mkdirSync(dirname(path), { mode: 0o700 });
      set(path, victim);
      if (process.geteuid?.() === 0) chownSync(dirname(path), stranger, stranger);

      const { document, exitCode, stderr } = await endpoint.link();
      if (name === "log") {
        // A log that can't be written keeps nobody from being linked.
        expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/log-unwritable.*(?:it is|it has) /)]);
      } else {
        expect([exitCode, document.error?.code]).toEqual([78, "state-unusable"]);
        expect(document.message).toMatch(/it is a link|not a regular file|another name/);
      }
      expect(readFileSync(victim, "utf8")).toBe("the other file");
      expect(statSync(victim)).toMatchObject({ uid: process.geteuid?.(), mode: 0o100600 });
    }
  },
);

test("files that decide trust are refused at once if they are too large or no regular files", async () => {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears);
  const trap = join(endpoint.directory, "trap.json");
  const refusal = async () => {
    const { exitCode, stdout } = await start(["status", "--json", "--config", trap], {
      environment: endpoint.environment,
    }).ended;
    return [exitCode, JSON.parse(stdout).message];
  };
  execFileSync("mkfifo", [trap]);
  expect(await refusal()).toEqual([78, expect.stringContaining("it is not a regular file")]);
  execFileSync("rm", [trap]);
  writeFileSync(trap, "");
  truncateSync(trap, 1.5 * 2 ** 30);
  expect(await refusal()).toEqual([78, expect.stringContaining("it is larger than 1024 KiB")]);
  execFileSync("rm", [trap]);
  symlinkSync(join(endpoint.directory, "not-mounted/config.json"), trap);
  expect(await refusal()).toEqual([78, expect.stringContaining("is a link that leads nowhere")]);
});

test("a caFile that others may change is refused with the command that closes it", async () => {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears);
  const caFile = join(endpoint.directory, "ca.pem");
  writeFileSync(caFile, "");
  chmodSync(caFile, 0o646);
  endpoint.configure({ caFile });
  const { exitCode, document } = await endpoint.link();
  expect([exitCode, document.error?.code]).toEqual([78, "settings-exposed"]);
  expect(document.message).toContain(`Run chmod go-w ${caFile}`);
  expect(gears.calls).toEqual([]);
});
