import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseMemory } from "../../../agent/link/memory.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint } from "../support/agent.ts";

/** A full disk costs the memory of the link, never the link itself, and leaves nothing half-written. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  // The long client ID makes the state larger than one block of 512 bytes.
  gears = await startGears({ clientId: "c".repeat(400), limit: { calls: 10_000, periodMs: 60_000 } });
  endpoint = setUpEndpoint(gears);
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

/** No file may grow beyond so many blocks of 512 bytes: a write is partial, or fails with EFBIG. */
const sizeLimit = (blocks: number) => ["sh", "-c", `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, "sh"];

/** A file system in memory of one page over the state directory, filled to the last byte: ENOSPC. */
const mountFull = `mkdir -p "$0" && mount -t tmpfs -o size=4k tmpfs "$0" && dd if=/dev/zero of="$0/filler" bs=4k count=1 2>/dev/null; exec "$@"`;

const fullMount = (directory: string) => ["unshare", "-m", "sh", "-c", mountFull, directory];

/** Mounting takes rights that the tests may not have; the size limits above need none. */
const mayMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

const disks: [string, () => readonly string[]][] = [
  ["nothing can be written", () => sizeLimit(0)],
  ["half of the state can be written", () => sizeLimit(1)],
];
if (mayMount) disks.push(["the file system is full", () => fullMount(endpoint.stateDir)]);

describe.each(disks)("%s", (_, within) => {
  test("the link is made, and the next run with room ends right", async () => {
    const { exitCode, document } = await endpoint.link([], { within: within() });
    expect([exitCode, document.outcome]).toEqual([0, "linked"]);
    expect(gears.callsOf("link_user").length).toBe(1);
    expect(readdirSync(endpoint.stateDir)).not.toContain("state.json.new");

    expect((await endpoint.link()).exitCode).toBe(0);
    expect(parseMemory(readFileSync(endpoint.stateFile, "utf8"))).toBeDefined();
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
  });

  test("what was remembered before is still there", async () => {
    await endpoint.link();
    const before = gears.calls.length;
    await endpoint.link(["--force"], { within: within() });
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
    expect(gears.calls.length).toBe(before + 2);
  });
});

test("a result that is lost on its way to a file is reported; the exit code is still the link's", async () => {
  const within = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  const { exitCode, stderr } = await endpoint.run(["link", "--json", ...endpoint.flags], { within });
  expect(exitCode).toBe(0);
  expect(stderr).toContain("can't be written to standard output: the disk is full");
  expect(gears.links.size).toBe(1);
});
