import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type RunOptions, setUpEndpoint, start, withDocument } from "../support/agent.ts";

/** The arm64 executable, run by QEMU's user emulation on this machine's kernel. */

const executable = resolve(import.meta.dirname, "../../../dist/linkuser-agent-linux-arm64");

/** Options by which a run starts the arm64 executable. */
let emulated: RunOptions;
let emulator: readonly string[];

beforeAll(() => {
  const prepare = resolve(import.meta.dirname, "../../../installer/executable/arm64-libraries.sh");
  const folder = execFileSync(prepare, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
  emulator = ["qemu-aarch64-static", "-L", folder];
  emulated = { program: [...emulator, executable] };
});

async function atEndpoint<T>(work: (endpoint: ReturnType<typeof setUpEndpoint>, gears: Gears) => Promise<T>) {
  await using gears = await startGears();
  using endpoint = setUpEndpoint(gears);
  return await work(endpoint, gears);
}

test("it was built for arm64", () => {
  // e_machine of the ELF header: EM_AARCH64 (elf(5)).
  expect(readFileSync(executable).readUInt16LE(18)).toBe(183);
});

test("it links once, and remembers the link", async () => {
  await atEndpoint(async (endpoint, gears) => {
    expect(await endpoint.link([], emulated)).toMatchObject({ exitCode: 0, document: { outcome: "linked" } });
    expect(await endpoint.link([], emulated)).toMatchObject({ exitCode: 0, document: { outcome: "already-linked" } });
    expect(gears.callsOf("link_user")).toMatchObject([{ status: 200 }]);
  });
});

test("a dry run finds what this machine's own build finds", async () => {
  await atEndpoint(async (endpoint) => {
    const [native, foreign] = [await endpoint.link(["--dry-run"]), await endpoint.link(["--dry-run"], emulated)];
    const { candidates, passedOver, username } = native.document;
    expect(foreign.document).toMatchObject({ outcome: "dry-run", candidates, passedOver, username });
  });
});

test("doctor reports the same as this machine's own build", async () => {
  await atEndpoint(async (endpoint) => {
    const statuses = async (options: RunOptions) => {
      const run = { environment: endpoint.environment, ...options };
      const { document } = withDocument(await endpoint.run(["doctor", "--json", ...endpoint.flags], run));
      const checks = document["checks"] as readonly { name: string; status: string }[];
      // The trigger's program differs: the one under test may be the sources.
      return checks.filter(({ name }) => name !== "trigger").map(({ name, status }) => `${name}: ${status}`);
    };
    const foreign = await statuses(emulated);
    expect(foreign).toContain("token: ok");
    expect(foreign).toEqual(await statuses({}));
  });
});

test("a directory is asked in a thread", async () => {
  await atEndpoint(async ({ directory }) => {
    const file = join(directory, "nsswitch.conf");
    writeFileSync(file, "passwd: files sss\ngroup: files sss\n");
    const within = ["unshare", "-m", "sh", "-c", `mount --bind ${file} /etc/nsswitch.conf && exec "$@"`, "sh"];
    const { ended } = start(["--dry-run", "--json", "--user", "nobody-has-this-name"], { within, ...emulated });
    expect(withDocument(await ended)).toMatchObject({ exitCode: 67, document: { outcome: "no-user" } });
  });
});
